import { afterAll, beforeAll, expect, test } from "vitest";
import { isSoak } from "../packages/server/src/testing/soak.ts";
import { type PostgresCluster, startPostgresCluster } from "../scripts/postgres-cluster.ts";
import { call } from "./call.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

const processes = isSoak ? 3 : 2;
const triesOfEach = isSoak ? 10_000 : 150;
const maximum = isSoak ? 1_000 : 120;
const atOnce = 20;
const timeout = isSoak ? 1_200_000 : 120_000;

const admin = { username: "admin@example.test", password: "limited-uses-password" };
const settings = {
  TESSERA_ADMIN_EMAIL: admin.username,
  TESSERA_ADMIN_PASSWORD: admin.password,
  TESSERA_SECRET_KEY: "b7Qx2mVt9LrW4kZp8NcYf3HdJs6GaTe1",
  TESSERA_LOG_LEVEL: "fatal",
};

let cluster: PostgresCluster;
const servers: ServerProcess[] = [];

beforeAll(async () => {
  cluster = await startPostgresCluster();
  for (let count = 0; count < processes; count += 1) {
    const environment = { ...settings, DATABASE_URL: cluster.url };
    servers.push(await startServerProcess(await newDataDir(), environment));
  }
});
afterAll(async () => {
  for (const server of servers) {
    await server.stop("SIGKILL");
    await removeDataDir(server.dataDir);
  }
  await cluster.stop();
});

test(`a token that may be used ${maximum} times is, by ${processes} servers that ask ${triesOfEach} times each`, {
  timeout,
}, async () => {
  const [first] = servers;
  if (first === undefined) throw new Error("no server was started");
  const signedIn = await call(first.url, "POST", "/users/tokens/issue", { body: admin });
  const session = { bearer: signedIn.body.access_token };
  const body = { name: "ci", duration: "24h", conditions: { max_uses: maximum } };
  const made = await call(first.url, "POST", "/pats", { ...session, body });
  const counts = new Map<string, number>();
  await Promise.all(
    servers.map(async ({ url }) => {
      let left = triesOfEach;
      const tryAll = async () => {
        for (; left > 0; ) {
          left -= 1;
          const { status, body } = await call(url, "GET", "/pats/self", {
            bearer: made.body.secret,
          });
          const answer = status === 200 ? "yes" : body.code;
          counts.set(answer, (counts.get(answer) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, tryAll));
    }),
  );
  console.log(`limited uses: ${JSON.stringify(Object.fromEntries(counts))}`);
  // Each asks until nothing is left: none is lost with a server either.
  expect(Object.fromEntries(counts)).toEqual({
    yes: maximum,
    token_exhausted: processes * triesOfEach - maximum,
  });
  const shown = await call(first.url, "GET", `/pats/${made.body.id}`, session);
  expect(shown.body.uses_reserved).toBe(maximum);
});
