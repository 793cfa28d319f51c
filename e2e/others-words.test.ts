import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  openQuotingPostgres,
  type QuotingPostgres,
} from "../packages/server/src/testing/quoting-postgres.ts";
import { newDataDir, removeDataDir } from "./server-process.ts";

const program = join(import.meta.dirname, "../packages/server/src/main.ts");
const password = "Geheim-4711";

let dataDir: string;
let database: QuotingPostgres;

beforeAll(async () => {
  dataDir = await newDataDir();
  database = await openQuotingPostgres("\u001b[2Jno: %s\nNothing is wrong.\u009b\u202e", "XX000");
});
afterAll(async () => {
  await database.close();
  await removeDataDir(dataDir);
});

test.each(["", "keys list", "migrate --dry-run", "audit verify", "doctor"])(
  "what a database answers to 'tessera %s' acts on no terminal, adds no line and tells no password",
  async (words) => {
    const child = spawn(process.execPath, [program, ...words.split(" ").filter(Boolean)], {
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        TESSERA_DATA_DIR: dataDir,
        TESSERA_SECRET_KEY: "only tests sign by these words, 32 long",
        DATABASE_URL: `postgres://tessera:${password}@127.0.0.1:${database.port}/tessera`,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding("utf8").on("data", (text) => {
        said += text;
      });
    }
    const [code] = await once(child, "close");
    expect(code).not.toBe(0);
    expect(said).toContain("no: …\\u000aNothing is wrong.");
    expect(said.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(said).not.toContain(password);
    expect(said).not.toMatch(/^Nothing is wrong/m);
    expect(database.heard).toContain(password);
  },
);
