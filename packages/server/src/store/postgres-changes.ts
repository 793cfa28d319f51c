import { sql } from "kysely";
import pg from "pg";
import type { ChangeChannel, ChangeHandlers, StoreLog } from "./database.ts";

const CHANNEL = "tessera_changes";
const CONNECT_TIMEOUT_MILLISECONDS = 5_000;
const FIRST_RETRY_MILLISECONDS = 100;
const LONGEST_RETRY_MILLISECONDS = 5_000;
/** A connection that a firewall has silently dropped shows only when something is sent. */
const PROBE_INTERVAL_MILLISECONDS = 1_000;
const PROBE_TIMEOUT_MILLISECONDS = 2_000;

/** LISTEN and NOTIFY; each subscription has a connection of its own, which comes back by itself. */
export function openChangeChannel(
  databaseUrl: string,
  log?: StoreLog,
): ChangeChannel & { close(): Promise<void> } {
  const subscriptions: Subscription[] = [];
  return {
    publish: async (trx, message) => {
      await sql`select pg_notify(${CHANNEL}, ${message})`.execute(trx);
    },
    subscribe: async (handlers) => {
      const subscription = createSubscription(databaseUrl, handlers, log);
      subscriptions.push(subscription);
      await subscription.start();
    },
    close: async () => {
      await Promise.all(subscriptions.map((subscription) => subscription.stop()));
    },
  };
}

interface Subscription {
  start(): Promise<void>;
  stop(): Promise<void>;
}

function createSubscription(
  databaseUrl: string,
  handlers: ChangeHandlers,
  log?: StoreLog,
): Subscription {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const connect = async () => {
    const next = await listen(databaseUrl, (message) => handlers.onMessage(message));
    if (isStopped) return next.end();
    client = next;
    next.once("end", () => lose(next, new Error("The connection ended")));
    scheduleProbe(next);
  };

  const scheduleProbe = (probed: pg.Client) => {
    timer = setTimeout(() => {
      probed.query("select 1").then(
        () => probed === client && scheduleProbe(probed),
        (error) => lose(probed, error),
      );
    }, PROBE_INTERVAL_MILLISECONDS);
    timer.unref();
  };

  const lose = (lost: pg.Client, error: unknown) => {
    if (isStopped || lost !== client) return;
    clearTimeout(timer);
    client = undefined;
    lost.end().catch(() => {});
    log?.warn({ err: error }, "Lost the channel that tells of other processes' changes");
    handlers.onLost();
    scheduleReconnect(FIRST_RETRY_MILLISECONDS);
  };

  const scheduleReconnect = (waitMilliseconds: number) => {
    timer = setTimeout(() => {
      connect().then(
        () => isStopped || handlers.onRestored(),
        () => scheduleReconnect(Math.min(waitMilliseconds * 2, LONGEST_RETRY_MILLISECONDS)),
      );
    }, waitMilliseconds);
    timer.unref();
  };

  return {
    start: connect,
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}

async function listen(
  databaseUrl: string,
  onMessage: (message: string) => void,
): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: "tessera changes",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    query_timeout: PROBE_TIMEOUT_MILLISECONDS,
    keepAlive: true,
  });
  // Every error is followed by the end of the connection, which is what is acted upon.
  client.on("error", () => {});
  client.on("notification", ({ payload }) => onMessage(payload ?? ""));
  try {
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    return client;
  } catch (error) {
    client.end().catch(() => {});
    throw error;
  }
}
