import { Socket } from "node:net";
import { revealHidden } from "@tessera/contract";
import { createTransport } from "nodemailer";
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

/** Resolves once the mail server has taken the mail; throws with what it said, or at `signal`. */
export type SendMail = (mail: Mail, signal: AbortSignal) => Promise<void>;

/** Hands each mail over in a connection of its own. */
export function createSmtpSender(server: SmtpServer, from: Mailbox): SendMail {
  const { host, port, isSecure, account } = server;
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
  };
  return async ({ messageId, at, to, subject, text, html }, signal) => {
    signal.throwIfAborted();
    const socket = new Socket();
    const cut = () => socket.destroy(new Error("The mail server took too long"));
    signal.addEventListener("abort", cut);
    try {
      await createTransport({ ...options, socket }).sendMail({
        messageId: `<${messageId}>`,
        date: new Date(at),
        from: inHeader(from),
        to: inHeader(to),
        // Who gets it is said once more apart from what stands in its head.
        envelope: { from: from.address, to: [to.address] },
        subject: revealHidden(subject),
        text,
        html,
        headers: { "Auto-Submitted": "auto-generated" },
      });
    } finally {
      signal.removeEventListener("abort", cut);
      socket.destroy();
    }
  };
}

/** Nothing in a name ends its line, whatever the library does. */
function inHeader({ name, address }: Mailbox): Mailbox {
  return { name: revealHidden(name), address };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
