import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectEncrypted } from "node:tls";
import type { LinesPlace } from "./lines-file.ts";

export interface SyslogServer {
  readonly host: string;
  readonly port: number;
  readonly isEncrypted: boolean;
}

// RFC 5424, section 6.2.1: log audit, and informational.
const facility = 13;
const severity = 6;
const timeoutMilliseconds = 10_000;

/**
 * Sends lines as messages of RFC 5424, each with its length before it (RFC 6587, section 3.4.1), on a connection of
 * their own. Resolves when the server has ended the connection in turn: TCP tells no more of what was received.
 */
export function createSyslog(
  { host, port, isEncrypted }: SyslogServer,
  messageId: string,
): LinesPlace {
  return (lines, now) =>
    new Promise((resolve, reject) => {
      const messages = lines.map((line) => framed(messageOf(line, messageId, now)));
      const send = (): void => void socket.end(Buffer.concat(messages));
      const socket: Socket = isEncrypted
        ? connectEncrypted({ host, port, servername: host }, send)
        : connectPlain({ host, port }, send);
      socket.setTimeout(timeoutMilliseconds, () =>
        socket.destroy(new Error(`${host}:${port} does not take the messages`)),
      );
      socket.resume();
      socket.on("error", reject);
      socket.on("close", () => resolve());
    });
}

function messageOf(line: string, messageId: string, now: number): string {
  const time = new Date(now).toISOString();
  return `<${facility * 8 + severity}>1 ${time} - tessera - ${messageId} - ${line}`;
}

function framed(message: string): Buffer {
  const bytes = Buffer.from(message);
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}
