import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadConfig } from "../packages/server/src/config.ts";
import { deriveKeys, requireKnownKeys } from "../packages/server/src/keys.ts";
import { loadSecret } from "../packages/server/src/secret-file.ts";
import { openDatabase } from "../packages/server/src/store/database.ts";
import { seedDomain } from "../packages/server/src/testing/seed-domain.ts";
import { seedTokens } from "../packages/server/src/testing/seed-tokens.ts";
import { userRow } from "../packages/server/src/testing/test-rows.ts";

/*
 * Fills the database that the settings of the environment name, which no server has open, with a domain and tokens:
 * `TESSERA_DATA_DIR=… node bench/seed-tokens.ts --tokens=1000000 --told=500 >told.jsonl`
 * On PostgreSQL the user must be a superuser. Each line that it writes is one token: its id, its secret, its domain and
 * the clients that it may view.
 */
const { values } = parseArgs({
  options: {
    tokens: { type: "string", default: "1000000" },
    scopes: { type: "string", default: "10" },
    clients: { type: "string", default: "1000" },
    told: { type: "string", default: "500" },
  },
});
const count = (name: keyof typeof values, least: number): number => {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new RangeError(`--${name} must be a whole number of ${least} or more`);
};
const sizes = {
  tokens: count("tokens", 1),
  scopes: count("scopes", 1),
  clients: count("clients", 1),
  told: count("told", 0),
};

const config = loadConfig();
mkdirSync(config.data_dir, { recursive: true, mode: 0o700 });
const secret = loadSecret(config.secret_key, config.data_dir, randomBytes);
const keys = deriveKeys(secret.text, config.previous_secret_keys);
const database = await openDatabase({
  databaseUrl: config.database_url,
  dataDir: config.data_dir,
});
try {
  await requireKnownKeys(database, keys, Date.now(), secret);
  const owner = userRow();
  await database.inTransaction((trx) => trx.insertInto("users").values(owner).execute());
  const objects = { clients: sizes.clients, channels: 1, groups: 8, members: 1 };
  const domain = await seedDomain(database, owner.id, objects);
  const told = await seedTokens({ config, keys, randomBytes, database }, domain, sizes, (tokens) =>
    process.stderr.write(`${tokens} tokens\r`),
  );
  for (const token of told) {
    process.stdout.write(`${JSON.stringify({ ...token, domainId: domain.domainId })}\n`);
  }
} finally {
  await database.close();
}
