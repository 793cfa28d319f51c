import { Socket } from "node:net";
import { revealHidden } from "@tessera/contract";
import { createTransport } from "nodemailer";
import type { Mailbox, SmtpServer } from "../../mail-settings.ts";
import { mailFailure } from "./mail-failure.ts";

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

/** Resolves once the mail server has taken the mail; throws a {@link mailFailure}, also at `signal`. */
export type SendMail = (mail: Mail, signal: AbortSignal) => Promise<void>;

/** Hands each mail over in a connection of its own. */
export function createSmtpSender(server: SmtpServer, from: Mailbox): SendMail {
  return async ({ messageId, at, to, subject, text, html }, signal) => {
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
  };
}

/** Greets the mail server and signs in as for a mail, and sends none. Throws a {@link mailFailure}, also at `signal`. */
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
  } catch (error) {
    throw mailFailure(error);
  } finally {
    signal.removeEventListener("abort", cut);
    socket.destroy();
  }
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
