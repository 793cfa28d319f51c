import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";

export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  /** As it was sent. */
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RecordingServer {
  readonly url: string;
  readonly requests: Recorded[];
  close(): void;
}

/** A server that keeps what it was asked, and answers as it is told. */
export async function startRecordingServer(
  answer: (request: Recorded) => Answer,
): Promise<RecordingServer> {
  const requests: Recorded[] = [];
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const recorded = {
        method: request.method ?? "",
        path: request.url ?? "",
        authorization: request.headers.authorization,
        body: Buffer.concat(chunks).toString(),
      };
      requests.push(recorded);
      const { status, body, headers } = answer(recorded);
      reply.writeHead(status, { "content-type": "application/json", ...headers });
      reply.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  return { url: await listen(server), requests, close: () => void server.close() };
}

/** On a free port of this machine; resolves to its address. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
