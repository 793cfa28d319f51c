import { startPostgresCluster } from "../scripts/postgres-cluster.ts";
import { benchDecision } from "./decision.ts";
import { benchScale } from "./scale.ts";
import { benchThroughput } from "./throughput.ts";
import { benchUsage } from "./usage.ts";

const benches = {
  decision: benchDecision,
  throughput: benchThroughput,
  usage: benchUsage,
  scale: benchScale,
};
type Name = keyof typeof benches;

const named = process.argv.slice(2).filter((name): name is Name => name in benches);
const chosen = named.length > 0 ? named : (Object.keys(benches) as Name[]);

const needsPostgres = chosen.includes("scale") || chosen.includes("usage");
const cluster = needsPostgres ? await startPostgresCluster() : undefined;
if (cluster !== undefined) process.env.TESSERA_TEST_POSTGRES_URL = cluster.url;
try {
  for (const name of chosen) await benches[name]();
} finally {
  await cluster?.stop();
}
