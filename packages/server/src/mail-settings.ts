import { z } from "zod";

/** Where mails are handed to; over `smtp://` with STARTTLS where it is offered, and always before a password. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly isSecure: boolean;
  readonly account: { readonly user: string; readonly password: string } | undefined;
}

/** A mailbox with the name that people are shown; `""`: none. */
export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

const submissionPort = 587;
const securePort = 465;

export const smtpAdvice =
  "must be like smtp://user:password@mail.example.org:587, or smtps:// for TLS from the first byte; a username or password with letters like @ or / writes them as in addresses: %40, %2F";
export const senderAdvice = "must be an email address, or like Tessera <tessera@example.org>";

export function readSmtpUrl(text: string): SmtpServer | undefined {
  if (!/^smtps?:\/\//.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  const hasMore = !["", "/"].includes(pathname) || search !== "" || hash !== "";
  const isHalfAccount = (username === "") !== (password === "");
  if (hostname === "" || hasMore || isHalfAccount) return undefined;
  const isSecure = protocol === "smtps:";
  const defaultPort = isSecure ? securePort : submissionPort;
  const user = decoded(username);
  const secret = decoded(password);
  if (user === undefined || secret === undefined) return undefined;
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? defaultPort : Number(port),
    isSecure,
    account: user === "" ? undefined : { user, password: secret },
  };
}

/** `Tessera <tessera@example.org>`, or the address alone. */
export function readMailSender(text: string): Mailbox | undefined {
  const trimmed = text.trim();
  const [, name = "", bracketed] = /^([^<>"\p{Cc}]{0,100})<([^<>\s]+)>$/u.exec(trimmed) ?? [];
  const address = z.email().safeParse(bracketed ?? trimmed);
  return address.success ? { name: name.trim(), address: address.data } : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
