import { setTimeout as delay } from "node:timers/promises";
import { call } from "./call.ts";
import type { Right, TakeAway } from "./rights-taken-away.ts";

/** One question whether the token may, and its answer. All times are of this process, in milliseconds. */
export interface Check {
  /** Its number among those that are asked. */
  readonly server: number;
  readonly kind: string;
  readonly askedAt: number;
  readonly answeredAt: number;
  /** `failed`: there was no answer; `503 …` and the like: neither yes nor no. */
  readonly answer: "yes" | "no" | "unavailable" | "failed" | `odd: ${string}`;
}

const refusals = new Set([401, 403, 404]);

/** The three ways to ask. */
const kinds = {
  view: ({ secret, domainId, clientId }: Right) =>
    ["GET", `/${domainId}/clients/${clientId}`, { bearer: secret }] as const,
  authorize: ({ secret, domainId, clientId }: Right) =>
    [
      "POST",
      "/authorize",
      {
        bearer: secret,
        body: {
          domain_id: domainId,
          entity_type: "clients",
          entity_id: clientId,
          operation: "view",
        },
      },
    ] as const,
  forward_auth: ({ secret, domainId, clientId }: Right) =>
    [
      "GET",
      "/forward-auth",
      {
        bearer: secret,
        headers: {
          "x-original-method": "GET",
          "x-original-uri": `/devices/${domainId}/${clientId}`,
        },
      },
    ] as const,
};
const kindNames = Object.keys(kinds) as (keyof typeof kinds)[];

/** What a gateway is asked about, for the settings of the servers. */
export const routesOfChecks =
  "routes:\n  - { method: GET, path: '/devices/{domain}/{id}', operation: clients.view }\n";

export async function ask(
  urls: readonly string[],
  server: number,
  kind: keyof typeof kinds,
  right: Right,
): Promise<Check> {
  const askedAt = performance.now();
  const answer = await readAnswer(urls[server] ?? "", kind, right);
  return { server, kind, askedAt, answeredAt: performance.now(), answer };
}

async function readAnswer(
  url: string,
  kind: keyof typeof kinds,
  right: Right,
): Promise<Check["answer"]> {
  const [method, path, options] = kinds[kind](right);
  try {
    const { status, body } = await call(url, method, path, options);
    if (status === 503) return "unavailable";
    if (refusals.has(status)) return "no";
    if (status !== 200) return `odd: ${status}`;
    return kind === "authorize" && body.allowed !== true ? "no" : "yes";
  } catch {
    return "failed";
  }
}

/** Every kind of question at every server, once. */
export function askEverywhere(urls: readonly string[], right: Right): Promise<Check[]> {
  return Promise.all(
    urls.flatMap((_, server) => kindNames.map((kind) => ask(urls, server, kind, right))),
  );
}

/** Asks every kind of question at every server, without a pause, until told to stop. */
export function keepAsking(urls: readonly string[], right: Right) {
  const checks: Check[] = [];
  let isStopped = false;
  const asking = urls.flatMap((_, server) =>
    kindNames.map(async (kind) => {
      while (!isStopped) {
        const check = await ask(urls, server, kind, right);
        checks.push(check);
        if (check.answer === "failed") await delay(10);
      }
    }),
  );
  return {
    checks,
    stop: async () => {
      isStopped = true;
      await Promise.all(asking);
    },
  };
}

/** A change in the middle of checks. */
export interface Race {
  readonly sentAt: number;
  readonly repliedAt: number;
  readonly checks: readonly Check[];
}

export interface RaceOptions {
  readonly urls: readonly string[];
  readonly right: Right & { readonly takeAway: TakeAway };
  /** Number of the server that makes the change. */
  readonly maker: number;
  /** Whether the servers have been asked before. */
  readonly isKnown: boolean;
  /** How many checks there are to be, at least. */
  readonly checks: number;
  /** For how long after the reply it is asked, at least, and longer where anybody still says yes. */
  readonly milliseconds: number;
  readonly longestMilliseconds: number;
  /** What else happens as the change is sent. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** Makes the change while it is asked everywhere, and goes on asking. */
export async function race(options: RaceOptions): Promise<Race> {
  const { urls, right, maker, isKnown, meanwhile = async () => {} } = options;
  if (isKnown) {
    for (let times = 0; times < 2; times += 1) await askEverywhere(urls, right);
  }
  const { checks, stop } = keepAsking(urls, right);
  try {
    if (isKnown) await until(() => checks.length >= options.checks / 4);
    const sentAt = performance.now();
    const taken = right.takeAway(urls[maker] ?? "").then(() => performance.now());
    const [repliedAt] = await Promise.all([taken, meanwhile()]);
    await until(() => {
      const elapsed = performance.now() - repliedAt;
      if (checks.length < options.checks || elapsed < options.milliseconds) return false;
      return elapsed >= options.longestMilliseconds || isRefusedByAll(checks, urls.length);
    });
    return { sentAt, repliedAt, checks };
  } finally {
    await stop();
  }
}

/** Whether the newest answer of every server to every kind of question is no. */
function isRefusedByAll(checks: readonly Check[], servers: number): boolean {
  const newest = new Map(checks.map((check) => [`${check.server} ${check.kind}`, check.answer]));
  return (
    [...newest.values()].filter((answer) => answer === "no").length === servers * kindNames.length
  );
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await delay(2);
}

/** How long after the reply the last question was asked that this server answered with yes; 0: none was. */
export function staleFor(race: Race, server: number): number {
  return Math.max(0, lastYes(race, server));
}

/** When the last question was asked that this server answered with yes, counted from the reply: negative is before it. */
export function lastYes({ checks, repliedAt }: Race, server: number): number {
  const asked = checks
    .filter((check) => check.server === server && check.answer === "yes")
    .map(({ askedAt }) => askedAt - repliedAt);
  return Math.max(Number.NEGATIVE_INFINITY, ...asked);
}

/** `12 of 40 above 0 ms; p50 …, p99 …, longest …` */
export function describeDelays(delays: readonly number[]): string {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  const late = delays.filter((delay) => delay > 0).length;
  return `${late} of ${delays.length} above 0; p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, longest ${at(1)} ms`;
}
