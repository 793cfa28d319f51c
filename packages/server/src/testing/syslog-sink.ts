import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** A syslog server that keeps the messages it gets, each without its length. */
export interface SyslogSink {
  readonly port: number;
  readonly messages: readonly string[];
  close(): Promise<void>;
}

export async function openSyslogSink(): Promise<SyslogSink> {
  const messages: string[] = [];
  const server = createServer((socket) => {
    const parts: Buffer[] = [];
    socket.on("data", (part) => void parts.push(Buffer.from(part)));
    socket.on("end", () => {
      let rest = Buffer.concat(parts);
      while (rest.length > 0) {
        const space = rest.indexOf(" ");
        const end = space + 1 + Number(rest.subarray(0, space).toString());
        messages.push(rest.subarray(space + 1, end).toString());
        rest = rest.subarray(end);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    messages,
    close: async () => {
      server.close();
      await once(server, "close");
    },
  };
}
