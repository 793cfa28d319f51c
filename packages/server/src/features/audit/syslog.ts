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
 * A server that ends first has not heard all. What takes connections for another that is away, as a balancer does, ends
 * them soon: so the end of what is sent waits for `quietMilliseconds`, unless that has been so for `trustMilliseconds`.
 */
export function createSyslog(
  { host, port, isEncrypted }: SyslogServer,
  messageId: string,
  { quietMilliseconds = 30, trustMilliseconds = 300 } = {},
): LinesPlace {
  let trustedUntil = Number.NEGATIVE_INFINITY;
  return (lines, now) =>
    new Promise((resolve, reject) => {
      const messages = lines.map((line) => framed(messageOf(line, messageId, now)));
      let ending: ReturnType<typeof setTimeout> | undefined;
      const send = (): void => {
        socket.write(Buffer.concat(messages));
        if (performance.now() < trustedUntil) return void socket.end();
        ending = setTimeout(() => {
          trustedUntil = performance.now() + trustMilliseconds;
          socket.end();
        }, quietMilliseconds);
      };
      const options = { host, port, allowHalfOpen: true };
      const socket: Socket = isEncrypted
        ? connectEncrypted({ ...options, servername: host }, send)
        : connectPlain(options, send);
      socket.setTimeout(timeoutMilliseconds, () =>
        socket.destroy(new Error(`${host}:${port} does not take the messages`)),
      );
      socket.resume();
      socket.on("end", () => {
        if (!socket.writableFinished) {
          socket.destroy(new Error(`${host}:${port} ends connections before it has heard all`));
        }
      });
      socket.on("error", (error) => {
        trustedUntil = Number.NEGATIVE_INFINITY;
        reject(error);
      });
      socket.on("close", () => {
        clearTimeout(ending);
        resolve();
      });
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
