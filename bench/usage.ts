import { createHmac, randomUUID } from "node:crypto";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { TokenPrincipal } from "../packages/server/src/access/principal.ts";
import { parseConfig } from "../packages/server/src/config.ts";
import { createUsageRecorder } from "../packages/server/src/features/tokens/usage/usage-recorder.ts";
import type { Database } from "../packages/server/src/store/database.ts";
import { testDatabases } from "../packages/server/src/testing/test-databases.ts";
import { tokenRow, userRow } from "../packages/server/src/testing/test-rows.ts";
import { median, nanosecondsPerCall, printRow } from "./measure.ts";

const tokenCount = 20_000;
const flushes = 3;
const rowsAtOnce = 250;
const address = "192.0.2.1";
const secret = "p".repeat(71);
const refusal = { operation: "clients.delete", because: "scope_missing" } as const;

/** What it costs to count one use of a token, and to write down those of 20,000 tokens. */
export async function benchUsage(): Promise<void> {
  for (const kind of testDatabases) {
    const opened = await kind.open();
    const tokens = await insertTokens(opened.database);
    if (kind.name === "SQLite") benchCounting(opened.database, tokens);
    await benchFlush(kind.name, opened.database, tokens);
    await opened.close();
  }
}

type BenchToken = ReturnType<typeof toBenchToken>;

function benchCounting(database: Database, tokens: readonly BenchToken[]): void {
  const recorder = createRecorder(database);
  const [first] = tokens;
  if (first === undefined) throw new Error("there are no tokens");
  let next = 0;
  const inRotation = () => {
    next = (next + 7) % tokens.length;
    return tokens[next] ?? first;
  };
  const count = ({ principal, uses }: BenchToken) => recorder.allowed(principal, uses, address);
  console.log("\nCounting one use of a token, in the process");
  const key = Buffer.alloc(32, 7);
  const hmac = nanosecondsPerCall(() => createHmac("sha256", key).update(secret).digest());
  const one = nanosecondsPerCall(() => count(first));
  const many = nanosecondsPerCall(() => count(inRotation()));
  const refused = nanosecondsPerCall(() =>
    recorder.refused(first.principal, first.refusal, address),
  );
  const ofHmac = (nanoseconds: number) => `${(nanoseconds / hmac).toFixed(2)} of the HMAC`;
  printRow("HMAC-SHA-256 of 71 characters, for comparison", hmac, "ns", "", 0);
  printRow("the same token and object", one, "ns", ofHmac(one), 0);
  printRow("20,000 tokens in rotation, an object each", many, "ns", ofHmac(many), 0);
  printRow("a refusal of the same token", refused, "ns", ofHmac(refused), 0);
  const before = process.memoryUsage().heapUsed;
  const held = createRecorder(database);
  for (const { principal, uses } of tokens) held.allowed(principal, uses, address);
  const bytes = (process.memoryUsage().heapUsed - before) / tokens.length;
  printRow("memory of a token with one object and address", bytes, "bytes", "", 0);
}

async function benchFlush(
  name: string,
  database: Database,
  tokens: readonly BenchToken[],
): Promise<void> {
  const slices: number[] = [];
  /** The time of the processor, which a busy machine stretches less. */
  const processor: number[] = [];
  const recorder = createRecorder({
    ...database,
    inTransaction: async (work) => {
      const startedAt = performance.now();
      const before = process.cpuUsage();
      const result = await database.inTransaction(work);
      slices.push(performance.now() - startedAt);
      const used = process.cpuUsage(before);
      processor.push((used.user + used.system) / 1000);
      return result;
    },
  });
  const whole: number[] = [];
  const longestTurns: number[] = [];
  for (let flush = 0; flush < flushes; flush += 1) {
    for (const { principal, uses, refusal } of tokens) {
      recorder.allowed(principal, uses, address);
      recorder.refused(principal, refusal, address);
    }
    const turns = monitorEventLoopDelay({ resolution: 1 });
    turns.enable();
    const startedAt = performance.now();
    await recorder.flush();
    whole.push(performance.now() - startedAt);
    turns.disable();
    longestTurns.push(turns.max / 1e6);
  }
  console.log(
    `\nWriting down the uses of ${tokenCount} tokens on ${name}: an object used and one refused each, ${flushes} times`,
  );
  const sorted = slices.toSorted((a, b) => a - b);
  printRow("a flush, the first", whole[0] ?? 0, "ms", "", 0);
  printRow("a flush, the median of the others", median(whole.slice(1)), "ms", "", 0);
  printRow("a slice of 250 tokens, median", median(slices), "ms");
  printRow("a slice, median of this process's processor time", median(processor), "ms");
  printRow("a slice, least of this process's processor time", Math.min(...processor), "ms");
  printRow("a slice, 99th percentile", sorted[Math.floor(sorted.length * 0.99)] ?? 0, "ms");
  printRow("a slice, the longest", sorted.at(-1) ?? 0, "ms");
  printRow("the longest turn of the event loop", Math.max(...longestTurns), "ms");
}

function createRecorder(database: Database) {
  return createUsageRecorder({
    config: parseConfig({ TESSERA_USAGE_FLUSH_INTERVAL: "1h" }),
    database,
    clock: Date.now,
    newId: randomUUID,
    log: console,
  });
}

async function insertTokens(database: Database): Promise<readonly BenchToken[]> {
  const user = userRow();
  await database.inTransaction(async (trx) => {
    await trx.insertInto("users").values(user).execute();
  });
  const rows = Array.from({ length: tokenCount }, () => tokenRow({ user_id: user.id }));
  const tokens = rows.map(({ id }) => toBenchToken(id));
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    await database.inTransaction(async (trx) => {
      await trx
        .insertInto("tokens")
        .values(rows.slice(start, start + rowsAtOnce))
        .execute();
      const scopes = tokens.slice(start, start + rowsAtOnce).map((token) => token.scopeRow);
      await trx.insertInto("token_scopes").values(scopes).execute();
    });
  }
  return tokens;
}

function toBenchToken(tokenId: string) {
  const target = { domainId: randomUUID(), entityType: "clients", entityId: randomUUID() };
  const scopeId = randomUUID();
  return {
    principal: { kind: "token", tokenId } as TokenPrincipal,
    uses: [{ operation: "clients.view", target, scopeId }],
    refusal: { ...refusal, target },
    scopeRow: {
      id: scopeId,
      token_id: tokenId,
      domain_id: target.domainId,
      entity_type: target.entityType,
      entity_id: target.entityId,
      operation: "view",
      created_at: 1,
    },
  };
}
