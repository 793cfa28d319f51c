import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** A mail as the mail server got it. */
export interface ReceivedMail {
  /** Of the envelope. */
  readonly from: string;
  readonly to: readonly string[];
  /** The lines of the head, each with what continues it. */
  readonly head: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** Empty where there is none. */
  readonly html: string;
}

/** A real mail server that keeps what it gets. */
export interface SmtpSink {
  readonly port: number;
  readonly mails: ReceivedMail[];
  /** Mailboxes that it refuses for good. */
  readonly refused: Set<string>;
  /** Mailboxes that take nothing now. */
  readonly full: Set<string>;
  close(): Promise<void>;
}

/** On this machine, on the given port or any; without TLS and accounts unless the options say so. */
export async function openSmtpSink(
  options: SMTPServerOptions = {},
  wantedPort = 0,
): Promise<SmtpSink> {
  const mails: ReceivedMail[] = [];
  const refused = new Set<string>();
  const full = new Set<string>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    onRcptTo: ({ address }, _session, done) => {
      if (refused.has(address)) done(refusal(550, "no such mailbox"));
      else if (full.has(address)) done(refusal(452, "4.2.2 mailbox full"));
      else done();
    },
    onData: (stream, { envelope }, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ from, to, ...readMail(Buffer.concat(parts).toString("latin1")) });
        done();
      });
    },
    ...options,
  });
  // A client that goes away in the middle is no failure of a test.
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(wantedPort, "127.0.0.1", () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    mails,
    refused,
    full,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function refusal(responseCode: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode });
}

function readMail(raw: string): Pick<ReceivedMail, "head" | "subject" | "text" | "html"> {
  const { head, body } = splitPart(raw);
  const boundary = /boundary="([^"]+)"/.exec(head.find(isContentType) ?? "")?.[1];
  const parts = boundary === undefined ? [raw] : body.split(`--${boundary}`).slice(1, -1);
  const contents = parts.map((part) => splitPart(part.replace(/^\r\n|\r\n$/g, "")));
  const contentOf = (type: string) => {
    const found = contents.find((part) => part.head.find(isContentType)?.includes(type) === true);
    return found === undefined ? "" : decode(found.body, encodingOf(found.head));
  };
  const subject = head.find((line) => line.startsWith("Subject: ")) ?? "";
  return {
    head,
    subject: decodeWords(subject.slice("Subject: ".length)),
    text: contentOf("text/plain"),
    html: contentOf("text/html"),
  };
}

/** Encoded words (RFC 2047) of UTF-8 as text. */
function decodeWords(line: string): string {
  return line
    .replaceAll(/\?=\s+=\?/g, "?==?")
    .replaceAll(/=\?UTF-8\?([QB])\?([^?]*)\?=/gi, (_, encoding: string, word: string) =>
      encoding.toUpperCase() === "B"
        ? Buffer.from(word, "base64").toString("utf8")
        : decode(word.replaceAll("_", " "), "quoted-printable"),
    );
}

function splitPart(raw: string): { readonly head: readonly string[]; readonly body: string } {
  const end = raw.indexOf("\r\n\r\n");
  return { head: raw.slice(0, end).split(/\r\n(?![ \t])/), body: raw.slice(end + 4) };
}

function isContentType(line: string): boolean {
  return /^content-type:/i.test(line);
}

function encodingOf(head: readonly string[]): string {
  const line = head.find((one) => /^content-transfer-encoding:/i.test(one)) ?? "";
  return line.slice(line.indexOf(":") + 1).trim();
}

function decode(body: string, encoding: string): string {
  if (encoding === "base64") return Buffer.from(body, "base64").toString("utf8");
  if (encoding !== "quoted-printable") return Buffer.from(body, "latin1").toString("utf8");
  const bytes = body
    .replaceAll("=\r\n", "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, "latin1").toString("utf8");
}
