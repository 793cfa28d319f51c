import { revealHidden } from "@tessera/contract";

const mostLetters = 500;
/** Of what is looked at: what is left out makes room for what comes after it. */
const mostLettersRead = 4 * mostLetters;

/**
 * What another program says, such as a server that was asked, to be logged, stored or printed: one line of at most 500
 * letters, in which nothing acts on a terminal, and neither a token nor a password of an address can be read.
 */
export function othersWords(text: string): string {
  const shown = revealHidden(hideCredentials(text.slice(0, mostLettersRead)));
  return shown.length <= mostLetters && text.length <= mostLettersRead
    ? shown
    : `${shown.slice(0, mostLetters)}…`;
}

/** The beginnings are enough: what is said may end in their middle. */
const tokens = [
  // Tokens of this server, also those of links: a word, the id, the secret.
  /\b([a-z][a-z0-9]{1,15}_)[0-9A-Za-z]{22}_[0-9A-Za-z]+/g,
  // Sessions.
  /\b(eyJ)[\w-]+(?:\.[\w-]*)*/g,
];

const credentials = [
  ...tokens,
  /\b((?:Bearer|Basic|AUTH PLAIN|AUTH LOGIN) )\S+/gi,
  // The password of an address, and what links carry.
  /(:\/\/[^\s/?#:@]*:)(?!\d{1,5}(?![^\s/?#"'),;.]))[^\s/?#@]+/g,
  /\b((?:token|password|secret)=)[^\s&"']+/gi,
];

/** The text without whatever looks like a credential; what stands before it stays. */
export function hideCredentials(text: string): string {
  return hide(text, credentials);
}

/** Likewise of tokens alone, which are words: in JSON nothing but its texts can change. */
export function hideTokens(text: string): string {
  return hide(text, tokens);
}

function hide(text: string, forms: readonly RegExp[]): string {
  return forms.reduce((rest, form) => rest.replaceAll(form, "$1…"), text);
}
