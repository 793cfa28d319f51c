import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  newDataDir,
  printedAdmin,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

const run = promisify(execFile);
let server: ServerProcess;

beforeAll(async () => {
  server = await startServerProcess(await newDataDir());
});
afterAll(async () => {
  await server.stop();
  await removeDataDir(server.dataDir);
});

test("does the main job in the ten lines of the README, as a newcomer would paste them", async () => {
  const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  const lines = commandsUnder("## The main job, in ten lines", readme);
  expect(lines).toHaveLength(10);
  const admin = printedAdmin(server.output());
  const [settings = "", ...commands] = lines;
  expect(settings).toContain(admin.email);
  const script = [
    settings
      .replace("http://localhost:8080", server.url)
      .replace("printed-at-first-start", admin.password),
    ...commands,
  ];
  const { stdout } = await run("bash", ["-euo", "pipefail", "-c", script.join("\n")]);
  const [viewed = "", refused = "", revoked = ""] = stdout.split(/(?<=\})(?=\{"(?:message|id)")/);
  expect(JSON.parse(viewed)).toMatchObject({ name: "pump" });
  const { id: clientId, domain_id: domainId } = JSON.parse(viewed) as Record<string, string>;
  expect(JSON.parse(refused)).toMatchObject({
    code: "scope_missing",
    missing_scope: {
      domain_id: domainId,
      entity_type: "clients",
      entity_id: clientId,
      operation: "update",
    },
  });
  expect(JSON.parse(revoked)).toMatchObject({ code: "token_revoked" });
});

/** The lines of the first shell block below a heading. */
function commandsUnder(heading: string, page: string): readonly string[] {
  const section = page.slice(page.indexOf(heading));
  const block = /```sh\n(.*?)```/s.exec(section)?.[1] ?? "";
  return block.trim().split("\n");
}
