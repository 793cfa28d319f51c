import { Agent, type IncomingMessage, request } from "node:http";

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly bearer: string;
  readonly body?: object;
  /** Of an answer that does what is asked. */
  readonly status: number;
  /** Hears that very answer, where it matters for what comes next. */
  readonly onDone?: (body: string) => void;
}

/** A kind of request that somebody sends again and again. */
export interface Kind {
  readonly name: string;
  /** Of all requests, in proportion to the other kinds. */
  readonly weight: number;
  next(): Request;
}

/** Of all requests of a kind. */
export interface Outcome {
  /** How many did what was asked. */
  done: number;
  /** How many others were answered with which status, or of which error the connection failed. */
  readonly others: Record<string, number>;
  /** How many 503 did not say when to come again. */
  withoutRetryAfter: number;
  /** In milliseconds, from when each was sent. */
  readonly waits: number[];
}

export interface Offer {
  readonly url: string;
  readonly kinds: readonly Kind[];
  readonly seconds: number;
  /** At this pace, whatever the answers do; where it is not said, as fast as answers come on `connections`. */
  readonly perSecond?: number;
  /** So many requests at once at most: who finds none free gives up. */
  readonly connections: number;
}

export interface Offered {
  readonly sent: number;
  /** What was due while all connections waited for an answer. */
  readonly withheld: number;
  readonly answeredPerSecond: number;
  readonly of: Readonly<Record<string, Outcome>>;
}

const tickMilliseconds = 5;

/** Sends requests of these kinds, mixed by their weights, and resolves once all are answered. */
export async function offer(options: Offer): Promise<Offered> {
  const { url, kinds, seconds, perSecond, connections } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: "fifo" });
  const of: Record<string, Outcome> = {};
  for (const { name } of kinds) of[name] = { done: 0, others: {}, withoutRetryAfter: 0, waits: [] };
  const order = mixed(kinds);
  let sent = 0;
  let withheld = 0;
  const startedAt = performance.now();
  const hasEnded = () => performance.now() - startedAt >= seconds * 1000;
  const sendNext = async (): Promise<void> => {
    const kind = order[sent % order.length] as Kind;
    sent += 1;
    await send(url, agent, kind, of[kind.name] as Outcome);
  };
  if (perSecond === undefined) {
    const ask = async () => {
      while (!hasEnded()) await sendNext();
    };
    await Promise.all(Array.from({ length: connections }, ask));
  } else {
    const underWay = new Set<Promise<void>>();
    while (!hasEnded()) {
      const due = ((performance.now() - startedAt) / 1000) * perSecond;
      while (sent + withheld < due) {
        if (underWay.size >= connections) {
          withheld += 1;
          continue;
        }
        const asked = sendNext().finally(() => underWay.delete(asked));
        underWay.add(asked);
      }
      await new Promise((resolve) => setTimeout(resolve, tickMilliseconds));
    }
    await Promise.all(underWay);
  }
  const elapsed = (performance.now() - startedAt) / 1000;
  agent.destroy();
  const answered = Object.values(of).reduce((sum, { waits }) => sum + waits.length, 0);
  return { sent, withheld, answeredPerSecond: answered / elapsed, of };
}

/** Each kind as often as its weight says, spread evenly. */
function mixed(kinds: readonly Kind[]): readonly Kind[] {
  return kinds
    .flatMap((kind) =>
      Array.from({ length: kind.weight }, (_, index) => ({
        kind,
        at: (index + 0.5) / kind.weight,
      })),
    )
    .toSorted((one, other) => one.at - other.at)
    .map(({ kind }) => kind);
}

async function send(url: string, agent: Agent, kind: Kind, outcome: Outcome): Promise<void> {
  const { method, path, bearer, body, status: wanted, onDone } = kind.next();
  const text = body === undefined ? undefined : JSON.stringify(body);
  const sentAt = performance.now();
  try {
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url + path, {
        agent,
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          ...(text === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
        },
      })
        .once("response", resolve)
        .once("error", reject)
        .end(text);
    });
    let said = "";
    reply.setEncoding("utf8");
    for await (const part of reply) said += part;
    outcome.waits.push(performance.now() - sentAt);
    const { statusCode: status = 0, headers } = reply;
    if (status === 503 && headers["retry-after"] === undefined) outcome.withoutRetryAfter += 1;
    if (status === wanted) {
      outcome.done += 1;
      onDone?.(said);
    } else outcome.others[status] = (outcome.others[status] ?? 0) + 1;
  } catch (error) {
    const { code = "none" } = error as { code?: string };
    outcome.others[code] = (outcome.others[code] ?? 0) + 1;
  }
}

/** Of the waits the one that so many are shorter than. */
export function quantile(waits: readonly number[], share: number): number {
  const sorted = waits.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
