import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What happens to the bytes that PostgreSQL sends on connections that listen for changes; `freezes`: on all of them. */
type Mode = "passes" | "stalls" | "loses_notifications" | "freezes";

export interface ListeningProxy {
  /** The way through the proxy to that database. */
  urlOf(databaseUrl: string): string;
  set(mode: Mode): void;
  /** How much of what PostgreSQL sends to anybody but listeners is held back. */
  heldBytes(): number;
  close(): Promise<void>;
}

const notification = "A".charCodeAt(0);

/** A TCP proxy before PostgreSQL that can make connections deaf while they stay open. */
export async function startListeningProxy(databaseUrl: string): Promise<ListeningProxy> {
  const { hostname, port } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const flushes = new Set<() => void>();
  const helds = new Set<() => number>();
  let mode: Mode = "passes";

  const server = createServer((inner) => {
    const outer = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 5432) });
    let isListening: boolean | undefined;
    let held: Uint8Array = new Uint8Array();
    const flush = () => {
      if (mode === "freezes" || (mode === "stalls" && isListening === true)) return;
      if (isListening !== true) {
        inner.write(held);
        held = new Uint8Array();
        return;
      }
      const { whole, rest } = takeMessages(held, mode === "loses_notifications");
      held = rest;
      if (whole.length > 0) inner.write(whole);
    };
    flushes.add(flush);
    const heldHere = () => (isListening === true ? 0 : held.length);
    helds.add(heldHere);
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        inner.destroy();
        outer.destroy();
        sockets.delete(socket);
        flushes.delete(flush);
        helds.delete(heldHere);
      });
    }
    inner.on("data", (bytes: Buffer) => {
      isListening ??= bytes.includes("tessera notifications");
      outer.write(bytes);
    });
    outer.on("data", (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      flush();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    urlOf: (url) => {
      const through = new URL(url);
      through.hostname = "127.0.0.1";
      through.port = String((server.address() as AddressInfo).port);
      return through.href;
    },
    set: (wanted) => {
      mode = wanted;
      for (const flush of flushes) flush();
    },
    heldBytes: () => [...helds].reduce((sum, heldHere) => sum + heldHere(), 0),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Splits what PostgreSQL sent into whole messages, each a type byte and its length, and what follows them. */
function takeMessages(bytes: Uint8Array, withoutNotifications: boolean) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const taken: Uint8Array[] = [];
  let start = 0;
  while (bytes.length >= start + 5) {
    const end = start + 1 + view.getInt32(start + 1);
    if (end > bytes.length) break;
    const isLost = withoutNotifications && bytes[start] === notification;
    if (!isLost) taken.push(bytes.subarray(start, end));
    start = end;
  }
  return { whole: Buffer.concat(taken), rest: bytes.subarray(start) };
}
