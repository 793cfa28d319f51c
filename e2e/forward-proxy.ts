import { createServer, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A proxy as companies have them, which alone knows where some hosts are. */
export interface ForwardProxy {
  readonly url: string;
  /** Which `host:port` it was asked for, in order. */
  asked(): readonly string[];
  close(): void;
}

/** `addresses`: by `host:port`. What is not among them is answered with 502. */
export async function startProxy(
  addresses: Readonly<Record<string, string>>,
): Promise<ForwardProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const find = (host: string) => {
    asked.push(host);
    const address = addresses[host];
    return address === undefined ? undefined : new URL(address);
  };
  const server = createServer((incoming, reply) => {
    const url = new URL(incoming.url ?? "");
    const target = find(`${url.hostname}:${url.port || "80"}`);
    if (target === undefined) return void reply.writeHead(502).end();
    const { method, headers } = incoming;
    const address = new URL(url.pathname + url.search, target);
    const passedOn = request(address, { method, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(reply);
    });
    incoming.pipe(passedOn);
  });
  server.on("connection", (socket) => sockets.add(socket));
  server.on("connect", (incoming, socket: Socket) => {
    const target = find(incoming.url ?? "");
    if (target === undefined) return void socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const tunnel = connect(Number(target.port), target.hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      tunnel.pipe(socket).pipe(tunnel);
    });
    sockets.add(tunnel);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
