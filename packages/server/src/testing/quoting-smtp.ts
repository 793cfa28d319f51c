import { type AddressInfo, createServer } from "node:net";

/** A mail server that refuses, and says all that it was told in doing so. */
export interface QuotingSmtp {
  readonly port: number;
  /** What it was told, on one line, as it says it. */
  quoted(): string;
  close(): Promise<void>;
}

/** Where it refuses: as it is greeted, or at a command; `text`: at the end of a mail. */
export type RefusedStep = "greeting" | "AUTH" | "MAIL" | "RCPT" | "text";

/** On this machine, without TLS. `words`: what it adds. `method`: how it takes a password. */
export async function openQuotingSmtp(
  step: RefusedStep,
  {
    words = "",
    method = "PLAIN",
    code = "554 5.7.1",
  }: { readonly words?: string; readonly method?: "PLAIN" | "LOGIN"; readonly code?: string } = {},
): Promise<QuotingSmtp> {
  let heard = "";
  const quoted = () => heard.trim();
  const refusal = () => `${code} refused: ${quoted()} ${words}\r\n`;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.setEncoding("latin1");
    socket.write(step === "greeting" ? refusal() : "220 quoting\r\n");
    let rest = "";
    let isText = false;
    let isPassword = false;
    let linesOfAccount = 0;
    socket.on("data", (part: string) => {
      const lines = `${rest}${part}`.split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        // In a mail quoted-printable breaks lines, and writes what stands for itself in two ways.
        heard += isText ? line.replace(/=$/, "").replaceAll("=3D", "=") : `${line} `;
        answer(line);
      }
    });
    const answer = (line: string): void => {
      if (isText) {
        if (line !== ".") return;
        isText = false;
        socket.write(step === "text" ? refusal() : "250 taken\r\n");
      } else if (isPassword) {
        // The username comes on a line of its own, before the password.
        linesOfAccount += 1;
        isPassword = linesOfAccount === 1;
        socket.write(isPassword ? "334 UGFzc3dvcmQ6\r\n" : refusal());
      } else if (/^EHLO/i.test(line)) {
        socket.write(`250-quoting\r\n250 AUTH ${method}\r\n`);
      } else if (/^AUTH LOGIN/i.test(line) && step === "AUTH") {
        isPassword = true;
        socket.write("334 VXNlcm5hbWU6\r\n");
      } else if (step !== "text" && step !== "greeting" && line.toUpperCase().startsWith(step)) {
        socket.write(refusal());
      } else if (/^AUTH/i.test(line)) {
        socket.write("235 welcome\r\n");
      } else if (/^DATA/i.test(line)) {
        isText = true;
        socket.write("354 go on\r\n");
      } else if (/^QUIT/i.test(line)) {
        socket.end("221 bye\r\n");
      } else {
        socket.write("250 ok\r\n");
      }
    };
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    quoted,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
