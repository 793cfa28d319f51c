import { startPostgresCluster } from "./postgres-cluster.ts";

/**
 * Runs once before all tests: every worker finds the cluster's address in
 * TESSERA_TEST_POSTGRES_URL and makes databases of its own in it.
 */
export async function setup(): Promise<() => Promise<void>> {
  const cluster = await startPostgresCluster();
  process.env.TESSERA_TEST_POSTGRES_URL = cluster.url;
  return cluster.stop;
}
