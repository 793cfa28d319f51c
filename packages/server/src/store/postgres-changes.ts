import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import pg from "pg";
import type { ChangeChannel, ChangeHandlers, StoreLog } from "./database.ts";
import { PostgresClient } from "./postgres-client.ts";
import { explainingSetup } from "./postgres-setup.ts";

const CHANNEL = "tessera_changes";
const CONNECT_TIMEOUT_MILLISECONDS = 5_000;
const FIRST_RETRY_MILLISECONDS = 100;
const LONGEST_RETRY_MILLISECONDS = 5_000;
const GOODBYE_MILLISECONDS = 1_000;
const BEAT_INTERVAL_MILLISECONDS = 250;
/** How long ago the newest heartbeat that came back may have been sent for the channel to be trusted. */
const TRUST_MILLISECONDS = 1_000;
/** Whether or not it comes back, the database answers that it was sent. */
const ANSWER_MILLISECONDS = 1_500;
/** After so long without a heartbeat a new connection is tried. */
const SILENCE_MILLISECONDS = 5_000;

/** No message of a change begins so. */
const BEAT = "beat ";

export interface ChannelOptions {
  /** Where changes are made. */
  readonly databaseUrl: string;
  /** Where they are heard of: the same database, without a pooler between. */
  readonly listenUrl: string;
  readonly log?: StoreLog | undefined;
}

export interface WatchingChannel extends ChangeChannel {
  /** Whether heartbeats, which are sent all the time, have not been answered for a while. */
  isDatabaseSilent(): boolean;
  close(): Promise<void>;
}

/**
 * LISTEN and NOTIFY; each subscription has a connection of its own, which comes back by itself. That nothing was missed
 * is proven by heartbeats alone: a notification on the very channel of the changes, sent the way that changes are made,
 * has come back the way that they are heard of; and with it all that was committed before it was sent, because
 * PostgreSQL delivers notifications in the order of their commits.
 */
export function openChangeChannel({
  databaseUrl,
  listenUrl,
  log,
}: ChannelOptions): WatchingChannel {
  const subscriptions: Subscription[] = [];
  /** `undefined`: no heartbeat was answered yet. */
  let answeredAt: number | undefined;
  const onAnswer = () => {
    answeredAt = performance.now();
  };
  // Not the pool of all else: while that is busy the heartbeat would be late, and the caches unused.
  const pulse = openPulse(databaseUrl);
  return {
    isShared: true,
    publish: async (trx, message) => {
      const sent = sql<{ sender: number }>`
        select pg_backend_pid() as sender, pg_notify(${CHANNEL}, ${message})`;
      return (await sent.execute(trx)).rows[0]?.sender;
    },
    subscribe: async (handlers) => {
      const subscription = createSubscription(listenUrl, { pulse, onAnswer }, handlers, log);
      subscriptions.push(subscription);
      await subscription.start();
      return { isCurrent: subscription.isCurrent };
    },
    isDatabaseSilent: () =>
      answeredAt !== undefined && performance.now() - answeredAt > ANSWER_MILLISECONDS,
    close: async () => {
      await Promise.all(subscriptions.map((subscription) => subscription.stop()));
      if (!pulse.ending) await pulse.end();
    },
  };
}

interface Subscription {
  start(): Promise<void>;
  stop(): Promise<void>;
  isCurrent(): boolean;
}

function createSubscription(
  listenUrl: string,
  { pulse, onAnswer }: { readonly pulse: pg.Pool; readonly onAnswer: () => void },
  handlers: ChangeHandlers,
  log?: StoreLog,
): Subscription {
  const ownBeat = `${BEAT}${randomUUID()} `;
  const firstProof = Promise.withResolvers<void>();
  let client: pg.Client | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  let beatTimer: NodeJS.Timeout | undefined;
  let isSending = false;
  let isStopped = false;
  let isKnownLost = false;
  // All these times are monotonic: they go on while the process stands still, and nobody can set them back.
  let provenSentAt = Number.NEGATIVE_INFINITY;
  let connectedAt = 0;

  const isCurrent = () => performance.now() - provenSentAt <= TRUST_MILLISECONDS;

  const connect = async () => {
    const next = await listen(listenUrl, (message, sender) => {
      if (!message.startsWith(BEAT)) handlers.onMessage(message, sender);
      else if (message.startsWith(ownBeat) && client !== undefined) {
        prove(Number(message.slice(ownBeat.length)));
      }
    });
    if (isStopped) return next.end();
    client = next;
    connectedAt = performance.now();
    next.once("end", () => lose(next, new Error("The connection ended")));
    beat();
  };

  const beat = () => {
    clearTimeout(beatTimer);
    if (isStopped) return;
    beatTimer = setTimeout(beat, BEAT_INTERVAL_MILLISECONDS).unref();
    if (!isCurrent()) distrust(new Error("No heartbeat has come back in time"));
    const silentSince = Math.max(connectedAt, provenSentAt);
    if (client !== undefined && performance.now() - silentSince > SILENCE_MILLISECONDS) {
      lose(client, new Error("No heartbeat comes back"));
    }
    void send();
  };

  const send = async () => {
    if (isSending || client === undefined) return;
    isSending = true;
    try {
      await pulse.query("select pg_notify($1, $2)", [CHANNEL, ownBeat + performance.now()]);
      onAnswer();
    } catch {
      // Without it trust ends by itself.
    } finally {
      isSending = false;
    }
  };

  const prove = (sentAt: number) => {
    if (sentAt < connectedAt) return;
    // Between two proofs too far apart a change may have been used too long, whether or not anybody asked.
    if (!isCurrent()) distrust(new Error("A heartbeat has come back late"));
    provenSentAt = Math.max(provenSentAt, sentAt);
    if (!isCurrent()) return;
    firstProof.resolve();
    if (!isKnownLost) return;
    isKnownLost = false;
    handlers.onRestored();
  };

  const distrust = (error: unknown) => {
    const wasTrusted = provenSentAt > Number.NEGATIVE_INFINITY;
    provenSentAt = Number.NEGATIVE_INFINITY;
    if (isStopped || isKnownLost || !wasTrusted) return;
    isKnownLost = true;
    log?.warn({ err: error }, "Lost the channel that tells of other processes' changes");
    handlers.onLost();
  };

  const lose = (lost: pg.Client, error: unknown) => {
    if (isStopped || lost !== client) return;
    client = undefined;
    void end(lost);
    distrust(error);
    scheduleReconnect(FIRST_RETRY_MILLISECONDS);
  };

  const scheduleReconnect = (waitMilliseconds: number) => {
    retryTimer = setTimeout(() => {
      connect().catch(() =>
        scheduleReconnect(Math.min(waitMilliseconds * 2, LONGEST_RETRY_MILLISECONDS)),
      );
    }, waitMilliseconds).unref();
  };

  return {
    isCurrent,
    start: async () => {
      await explainingSetup("TESSERA_DATABASE_LISTEN_URL", connect);
      // Where none comes the server works all the same, without its caches.
      const late = new AbortController();
      const wait = delay(TRUST_MILLISECONDS, undefined, { signal: late.signal, ref: false });
      await Promise.race([firstProof.promise, wait]);
      wait.catch(() => {});
      late.abort();
      if (isCurrent()) return;
      log?.warn({}, deafText);
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(retryTimer);
      clearTimeout(beatTimer);
      if (client !== undefined) await end(client);
    },
  };
}

const deafText =
  "No notification comes back through PostgreSQL's LISTEN, so that nothing is remembered and every request reads the database: behind a pooler name a direct connection to the same database in TESSERA_DATABASE_LISTEN_URL";

/** Says goodbye, and does not wait for an answer that a broken connection may never bring. */
async function end(client: pg.Client): Promise<void> {
  const abandon = setTimeout(() => client.connection.stream.destroy(), GOODBYE_MILLISECONDS);
  await client.end().catch(() => {});
  clearTimeout(abandon);
}

function openPulse(databaseUrl: string): pg.Pool {
  const pool = new pg.Pool({
    Client: PostgresClient,
    connectionString: databaseUrl,
    application_name: "tessera heartbeat",
    max: 1,
    connectionTimeoutMillis: TRUST_MILLISECONDS,
    query_timeout: TRUST_MILLISECONDS,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
  });
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

async function listen(
  listenUrl: string,
  onMessage: ChangeHandlers["onMessage"],
): Promise<pg.Client> {
  const client = new PostgresClient({
    connectionString: listenUrl,
    application_name: "tessera notifications",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    query_timeout: CONNECT_TIMEOUT_MILLISECONDS,
    keepAlive: true,
  });
  // Every error is followed by the end of the connection, which is what is acted upon.
  client.on("error", () => {});
  client.on("notification", ({ payload, processId }) => onMessage(payload ?? "", processId));
  try {
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    return client;
  } catch (error) {
    client.end().catch(() => {});
    throw error;
  }
}
