import { RefusedError, TargetError } from "../../changes/deliver.ts";
import { othersWords } from "../../others-words.ts";

/** What is said of one mail, of its reader or its text; before it the server speaks of the sender and of itself. */
const saidOfMail = new Set(["RCPT TO", "DATA"]);
/** https://www.rfc-editor.org/rfc/rfc5321#section-4.2.3: the server closes; 530 (RFC 4954): it wants a password. */
const saidOfServer = new Set([421, 530]);
/** The enhanced status code (RFC 3463) behind the code. */
const codes = /^(\d{3})(?:[ -]([245]\.(\d{1,3})\.\d{1,3})\b)?/;
/** What the second number of an enhanced status code says that it is about. */
const subjects: Readonly<Record<string, string>> = {
  1: "the address",
  2: "the mailbox",
  3: "the mail system",
  4: "the way there",
  5: "the protocol",
  6: "the text",
  7: "security or policy",
};

/** As nodemailer describes it; all but `message` only where a mail server answered. */
interface SmtpError extends Error {
  /** To which the server said it. */
  readonly command?: string;
  readonly response?: string;
  readonly permanent?: boolean;
}

/**
 * What kept a mail from being handed over, to be logged, stored and shown. Of a server's answer it has the codes alone:
 * servers and filters quote what they refuse, and with it passwords and the links of mails. A {@link RefusedError} where
 * the answer is about this mail alone.
 */
export function mailFailure(error: unknown): TargetError {
  const { message, command = "", response, permanent } = error as SmtpError;
  if (typeof response !== "string") return new TargetError(othersWords(message));
  const [, code, enhanced, subject = ""] = codes.exec(response) ?? [];
  const to = command === "CONN" || command === "" ? "the connection" : command;
  if (code === undefined) return new TargetError(`The mail server answers no SMTP to ${to}`);
  const about = subjects[subject];
  const said = [code, enhanced, about === undefined ? undefined : `(${about})`];
  const text = `The mail server answers ${said.filter((part) => part !== undefined).join(" ")} to ${to}`;
  const isOfMail = saidOfMail.has(command) && !saidOfServer.has(Number(code)) && subject !== "3";
  if (!isOfMail) return new TargetError(text);
  // What a server does not let this one do may be a mistake in its settings, which somebody mends.
  return new RefusedError(text, { isForGood: permanent === true && subject !== "7" });
}
