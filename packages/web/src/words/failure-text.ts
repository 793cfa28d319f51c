import { TesseraError } from "@tessera/sdk";
import { capitalized } from "./first-letter.ts";
import { visibleText } from "./foreign-text.ts";
import { passwordRuleText } from "./password-rule.ts";

/** Whether the failure says that nobody is signed in; a dialog over the page then asks for the password. */
export function isSessionEnd(error: unknown): boolean {
  return (
    error instanceof TesseraError && error.status === 401 && error.code !== "wrong_credentials"
  );
}

/** What proxies answer while what they stand before is away. */
const statusesOfProxies = [502, 503, 504];

/** Whether no server answered; it may be back at any moment. */
export function isServerAway(error: unknown): boolean {
  if (!(error instanceof TesseraError) || isOtherPerson(error)) return false;
  return (
    error.code === "unreachable" ||
    (error.code === "unexpected_reply" && statusesOfProxies.includes(error.status))
  );
}

function isOtherPerson({ cause }: TesseraError): boolean {
  return cause instanceof Error && cause.name === "OtherPersonError";
}

export const comesBackText = "This shows by itself as soon as the server answers.";

/** What to tell a person about a failure: a sentence, and what to do where that helps. */
export function failureText(error: unknown): { readonly title: string; readonly advice: string } {
  if (!(error instanceof TesseraError)) {
    return { title: "Something went wrong", advice: "Reload the page and try again." };
  }
  if (isOtherPerson(error) && error.cause instanceof Error) {
    return { title: error.cause.message, advice: "Nothing was done." };
  }
  if (isServerAway(error)) {
    return {
      title: "The server cannot be reached",
      advice: "Nothing you typed is lost. Check the connection and try again.",
    };
  }
  if (error.code === "unexpected_reply") {
    return {
      title: "The server gave an answer that was not expected",
      advice: `${error.message}. Try again, or ask whoever runs this server.`,
    };
  }
  if (error.code === "rate_limited") {
    return { title: "Too many attempts", advice: waitText(error.retryAfterSeconds) };
  }
  if (error.status >= 500) {
    const reference = error.requestId === undefined ? "" : ` (request ${error.requestId})`;
    return { title: `The server failed${reference}`, advice: "Try again in a moment." };
  }
  if (error.code === "password_confirmation_required") {
    return { title: "This was not done", advice: "It needs your password. Try again to give it." };
  }
  if (error.status === 403) {
    return { title: "You are not allowed to do this", advice: complaint(error) };
  }
  return { title: complaint(error), advice: "" };
}

/** Why there is nothing to show; `undefined`: an accident, for which {@link failureText} has the words. */
export function absenceOf(error: unknown): "not_found" | "disabled" | "refused" | undefined {
  if (!(error instanceof TesseraError)) return undefined;
  if (error.status === 404) return "not_found";
  if (error.status !== 403) return undefined;
  return error.code === "domain_disabled" ? "disabled" : "refused";
}

/** Of which field the server complains, by the wire's name, and what it says; `undefined`: of none. */
export function fieldComplaint(
  error: unknown,
): { readonly field: string; readonly text: string } | undefined {
  if (!(error instanceof TesseraError) || error.field === undefined) return undefined;
  return { field: error.field, text: complaint(error) };
}

/** What the server says is wrong, without the wire's name of the field, beside which it is shown. */
export function complaint({ message, field, code }: TesseraError): string {
  const prefix = `${field}: `;
  const text = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  const [, rule] = /^must match (.+)$/s.exec(text) ?? [];
  if (code === "weak_password" && rule !== undefined) return passwordRuleText(rule);
  return sentence(visibleText(text));
}

function waitText(seconds: number | undefined): string {
  if (seconds === undefined) return "Try again later.";
  return seconds < 90
    ? `Try again in ${seconds} seconds.`
    : `Try again in ${Math.ceil(seconds / 60)} minutes.`;
}

/** With a capital at its beginning and a stop at its end. */
export function sentence(text: string): string {
  const first = capitalized(text);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
