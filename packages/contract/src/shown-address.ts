/**
 * What somebody wrote in place of an address, to be quoted where others may read it: without what stands before its host,
 * and behind it after ? and #, as passwords and tokens do.
 */
export function shownAddress(text: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? "";
  const rest = text.slice(scheme.length);
  const host = rest.slice(rest.lastIndexOf("@") + 1);
  const shown = host === rest ? rest : `…@${host}`;
  return scheme + shown.replace(/[?#].*$/s, (more) => `${more[0]}…`);
}
