import { startPostgresCluster } from "../scripts/postgres-cluster.ts";
import { benchChanges } from "./changes.ts";
import { benchDecision } from "./decision.ts";
import { benchIsolation } from "./isolation.ts";
import { databaseNames } from "./real-server.ts";
import { benchRecording } from "./recording.ts";
import { benchScale } from "./scale.ts";
import { benchThroughput } from "./throughput.ts";
import { benchTokens } from "./tokens.ts";
import { benchUsage } from "./usage.ts";

/*
 * `npm run bench` measures everything; `npm run bench -- isolation tokens` only that, and
 * `npm run bench -- isolation sqlite` that on one database. What is below is measured in this order.
 */
const benches = {
  decision: benchDecision,
  throughput: () => benchThroughput(parts),
  isolation: () => benchIsolation(databases),
  tokens: () => benchTokens(databases),
  recording: () => benchRecording(databases),
  usage: benchUsage,
  changes: () => benchChanges(databases),
  scale: benchScale,
};
type Name = keyof typeof benches;

const words = process.argv.slice(2);
const isBench = (word: string): word is Name => Object.hasOwn(benches, word);
const partNames = ["sqlite", "postgres", "peers"];
const unknown = words.find((word) => !isBench(word) && !partNames.includes(word));
if (unknown !== undefined) {
  const known = [...Object.keys(benches), ...partNames].join(", ");
  throw new Error(`nothing is called ${unknown}; there are ${known}`);
}
const parts = words.filter((word) => partNames.includes(word));
const namedDatabases = databaseNames.filter((name) =>
  parts.some((part) => name.toLowerCase().startsWith(part)),
);
const databases = namedDatabases.length > 0 ? namedDatabases : databaseNames;
const named = words.filter(isBench);
const chosen = named.length > 0 ? named : (Object.keys(benches) as Name[]);

const cluster = await startPostgresCluster();
process.env.TESSERA_TEST_POSTGRES_URL = cluster.url;
try {
  for (const name of chosen) await benches[name]();
} finally {
  await cluster.stop();
}
