import { type AddressInfo, createServer } from "node:net";

/** What stands where a PostgreSQL is looked for: it wants the password in clear, and says it in refusing. */
export interface QuotingPostgres {
  readonly port: number;
  /** What it was told as a password. */
  readonly heard: string[];
  close(): Promise<void>;
}

const startOfPassword = "p".charCodeAt(0);

/** On this machine, without TLS. `words`: what it says of the password, which is put in place of `%s` and `%b` (Base64). */
export async function openQuotingPostgres(words: string, code = "28P01"): Promise<QuotingPostgres> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      if (bytes[0] !== startOfPassword) {
        socket.write(message("R", Buffer.from([0, 0, 0, 3])));
        return;
      }
      const password = bytes.subarray(5, -1).toString("utf8");
      heard.push(password);
      const said = words
        .replaceAll("%s", password)
        .replaceAll("%b", Buffer.from(password).toString("base64"));
      const fields = ["SFATAL", `C${code}`, `M${said}`, `D${said}`, `W${said}`, ""];
      socket.end(message("E", Buffer.from(`${fields.join("\0")}\0`)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  return { port, heard, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
function message(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}
