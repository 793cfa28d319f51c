import { Socket } from "node:net";
import { revealHidden } from "@tessera/contract";
import { createTransport } from "nodemailer";
import { RefusedError } from "../../changes/deliver.ts";
import type { Mailbox, SmtpServer } from "../../mail-settings.ts";

/** A mail as it leaves the server. */
export interface Mail {
  /** The same however often it is sent; without brackets. */
  readonly messageId: string;
  /** Integer milliseconds since the epoch. */
  readonly at: number;
  readonly to: Mailbox;
  readonly subject: string;
  readonly text: string;
  /** The same for programs that prefer it. */
  readonly html: string;
}

/** Resolves once the mail server has taken the mail; throws with what it said, a {@link RefusedError} where that is about this mail alone, or at `signal`. */
export type SendMail = (mail: Mail, signal: AbortSignal) => Promise<void>;

/** Hands each mail over in a connection of its own. */
export function createSmtpSender(server: SmtpServer, from: Mailbox): SendMail {
  return async ({ messageId, at, to, subject, text, html }, signal) => {
    try {
      await connected(server, signal, (transport) =>
        transport.sendMail({
          messageId: `<${messageId}>`,
          date: new Date(at),
          from: inHeader(from),
          to: inHeader(to),
          // Who gets it is said once more apart from what stands in its head.
          envelope: { from: from.address, to: [to.address] },
          subject: shortLine(subject, longest.subject),
          text,
          html,
          headers: { "Auto-Submitted": "auto-generated" },
        }),
      );
    } catch (error) {
      throw refusalOf(error) ?? error;
    }
  };
}

/** Greets the mail server and signs in as for a mail, and sends none. Throws with what it said, or at `signal`. */
export async function greetMailServer(server: SmtpServer, signal: AbortSignal): Promise<void> {
  await connected(server, signal, (transport) => transport.verify());
}

async function connected<T>(
  { host, port, isSecure, account }: SmtpServer,
  signal: AbortSignal,
  work: (transport: ReturnType<typeof createTransport>) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const socket = new Socket();
  // Before and after its own work the library does not listen: an error that nobody hears ends the process.
  socket.on("error", () => {});
  const cut = () => socket.destroy(new Error("The mail server took too long"));
  signal.addEventListener("abort", cut);
  const options = {
    host,
    port,
    secure: isSecure,
    disableFileAccess: true,
    disableUrlAccess: true,
    // A password is given to nobody before the server has proven who it is.
    ...(account === undefined
      ? {}
      : { requireTLS: !isLoopback(host), auth: { user: account.user, pass: account.password } }),
    socket,
  };
  try {
    return await work(createTransport(options));
  } finally {
    signal.removeEventListener("abort", cut);
    socket.destroy();
  }
}

/** What is said of one mail, of its reader or its text; before it the server speaks of the sender and of itself. */
const saidOfMail = new Set(["RCPT TO", "DATA"]);
/** https://www.rfc-editor.org/rfc/rfc5321#section-4.2.3: the server closes; 530 (RFC 4954): it wants a password. */
const saidOfServer = new Set([421, 530]);
/** Enhanced status codes (RFC 3463): X.3 is about the mail system, X.7 about what it lets this sender do. */
const enhancedCode = /^\d{3}[ -][245]\.(\d{1,3})\.\d{1,3}\b/;

/** As nodemailer describes it; all but `message` only where a mail server answered. */
interface SmtpError extends Error {
  /** To which the server said it. */
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
  readonly permanent?: boolean;
}

function refusalOf(error: unknown): RefusedError | undefined {
  const { message, command, response, responseCode, permanent } = error as SmtpError;
  if (responseCode === undefined || !saidOfMail.has(command ?? "")) return undefined;
  const subject = enhancedCode.exec(response ?? "")?.[1];
  if (saidOfServer.has(responseCode) || subject === "3") return undefined;
  // What a server does not let this one do may be a mistake in its settings, which somebody mends.
  return new RefusedError(message, { isForGood: permanent === true && subject !== "7" });
}

/** In letters: mail servers refuse a line of more than 998 octets, and a name without a space is one line. */
const longest = { name: 80, subject: 200 } as const;

function inHeader({ name, address }: Mailbox): Mailbox {
  return { name: shortLine(name, longest.name), address };
}

/** Nothing in it ends its line, whatever the library does. */
function shortLine(text: string, letters: number): string {
  const shown = [...revealHidden(text)];
  return shown.length <= letters ? shown.join("") : `${shown.slice(0, letters).join("")}…`;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
