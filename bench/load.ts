import { connect } from "node:net";

export interface LoadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Load {
  /** `http://127.0.0.1:8080` */
  readonly origin: string;
  /** Sent in turn, over all connections. */
  readonly requests: readonly LoadRequest[];
  readonly connections: number;
  /** Sends until then, or for good where it is not said and `signal` ends it. */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
  /**
   * Each connection asks at its own steady pace, whatever the answers do: a wait counts from when the question was due.
   * As fast as answers come where it is not said.
   */
  readonly everyMilliseconds?: number;
}

export interface LoadResult {
  readonly replies: number;
  readonly perSecond: number;
  /** Of the waits for replies. */
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  readonly longestMilliseconds: number;
  /** How many replies had which status. */
  readonly statuses: Readonly<Record<string, number>>;
}

/**
 * Sends requests over kept connections, one at a time on each, and measures. It does as little as it can: the texts of
 * the requests are made before, of a reply only status and length are looked at.
 */
export async function runLoad(load: Load): Promise<LoadResult> {
  const { requests, connections, seconds = Number.POSITIVE_INFINITY, signal } = load;
  const texts = requests.map((request) => textOf(new URL(load.origin).host, request));
  const waits: number[] = [];
  const statuses: Record<string, number> = {};
  let next = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  const hasEnded = () => performance.now() >= endsAt || signal?.aborted === true;
  const nextText = (): Buffer => {
    const text = texts[next];
    next = (next + 1) % texts.length;
    if (text === undefined) throw new Error("there is nothing to send");
    return text;
  };
  const onReply = (status: string, milliseconds: number) => {
    waits.push(milliseconds);
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      askOver(load, { nextText, hasEnded, onReply, offset: index / connections }),
    ),
  );
  const elapsed = performance.now() - startedAt;
  const sorted = Float64Array.from(waits).sort();
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    replies: waits.length,
    perSecond: (waits.length * 1000) / elapsed,
    p50Milliseconds: at(0.5),
    p99Milliseconds: at(0.99),
    longestMilliseconds: at(1),
    statuses,
  };
}

/** Throws unless all replies had that status. */
export function requireStatusOfAll(result: LoadResult, status: number): LoadResult {
  const told = Object.keys(result.statuses);
  if (told.length === 1 && told[0] === `${status}`) return result;
  throw new Error(`answered ${JSON.stringify(result.statuses)} instead of ${status}`);
}

function textOf(host: string, { method, path, headers = {}, body = "" }: LoadRequest): Buffer {
  const bytes = Buffer.from(body);
  const lines = Object.entries({
    host,
    ...headers,
    ...(body === "" ? {} : { "content-length": `${bytes.length}` }),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`), bytes]);
}

interface Asking {
  readonly nextText: () => Buffer;
  readonly hasEnded: () => boolean;
  readonly onReply: (status: string, milliseconds: number) => void;
  /** From 0 to 1: connections with a pace do not all ask at once. */
  readonly offset: number;
}

async function askOver({ origin, everyMilliseconds }: Load, asking: Asking): Promise<void> {
  const { nextText, hasEnded, onReply, offset } = asking;
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const ended = Promise.withResolvers<void>();
  const readReply = createReplyReader();
  /** When each question was due; the first is being answered. */
  const due: number[] = [];
  const send = () => socket.write(nextText());

  socket.on("error", ended.reject);
  socket.on("close", () =>
    hasEnded() ? ended.resolve() : ended.reject(new Error("the server closed a connection")),
  );
  socket.on("data", (chunk) => {
    if (typeof chunk === "string") return;
    for (const status of readReply(chunk)) {
      const askedAt = due.shift() ?? Number.NaN;
      onReply(status, performance.now() - askedAt);
      if (everyMilliseconds === undefined && !hasEnded()) due.push(performance.now());
      if (due.length > 0) send();
      else if (hasEnded()) socket.end();
    }
  });
  socket.on("connect", () => {
    if (everyMilliseconds === undefined) {
      due.push(performance.now());
      send();
      return;
    }
    askSteadily(everyMilliseconds, offset);
  });

  function askSteadily(every: number, from: number): void {
    let dueAt = performance.now() + every * from;
    const tick = () => {
      const now = performance.now();
      if (hasEnded()) {
        due.splice(1);
        if (due.length === 0) socket.end();
        return;
      }
      // A timer of this process that is late is no wait for the server: free connections ask from now on.
      if (due.length === 0) {
        due.push(now);
        send();
      } else due.push(dueAt);
      dueAt = Math.max(dueAt + every, now);
      setTimeout(tick, Math.max(0, dueAt - now));
    };
    setTimeout(tick, every * from);
  }
  await ended.promise;
}

const endOfHead = Buffer.from("\r\n\r\n");
const endOfChunks = Buffer.from("\r\n0\r\n\r\n");

/** The statuses of the replies that end in the bytes that came. */
function createReplyReader(): (chunk: Buffer) => readonly string[] {
  let rest: Buffer = Buffer.alloc(0);
  /** Of a long reply, what must still come. */
  let missing = 0;
  let status = "";
  return (chunk) => {
    const statuses: string[] = [];
    let bytes = chunk;
    for (;;) {
      if (missing > 0) {
        if (bytes.length < missing) {
          missing -= bytes.length;
          return statuses;
        }
        bytes = bytes.subarray(missing);
        missing = 0;
        statuses.push(status);
      }
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const headEnd = rest.indexOf(endOfHead);
      if (headEnd === -1) return statuses;
      const head = rest.toString("latin1", 0, headEnd);
      status = head.slice(9, 12);
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
      if (length === undefined && /\r\ntransfer-encoding: *chunked/i.test(head)) {
        const last = rest.indexOf(endOfChunks, headEnd + 2);
        if (last === -1) return statuses;
        bytes = rest.subarray(last + endOfChunks.length);
        statuses.push(status);
      } else {
        bytes = rest.subarray(headEnd + endOfHead.length);
        missing = Number(length ?? 0);
        if (missing === 0) statuses.push(status);
      }
      rest = Buffer.alloc(0);
      if (bytes.length === 0) return statuses;
    }
  };
}
