import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  newDataDir,
  printedAdmin,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

let server: ServerProcess;
let readme: string;

beforeAll(async () => {
  readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  server = await startServerProcess(await newDataDir());
});
afterAll(async () => {
  await server.stop();
  await removeDataDir(server.dataDir);
});

/** As somebody sits before them: what is meant for scripts alone, such as comments in zsh, is off. */
const shells = {
  bash: ["--norc", "--noprofile", "-i"],
  zsh: ["-f", "-i"],
  dash: ["-i"],
};

describe.each(Object.entries(shells))("pasted into %s", (shell, options) => {
  test("the ten lines of the README do the main job, and do it again", async () => {
    const { password } = printedAdmin(server.output());
    const { out } = await paste([shell, ...options], [tenLines(password), tenLines(password)]);
    const replies = [...out.matchAll(/^(\{.*\})\n(\d{3}): /gm)].map(([, body = "", status]) => ({
      status,
      body: JSON.parse(body) as Record<string, string>,
    }));
    expect(replies.map(({ status }) => status)).toEqual(["200", "403", "401", "200", "403", "401"]);
    for (const [viewed, refused, revoked] of [replies.slice(0, 3), replies.slice(3)]) {
      expect(viewed?.body).toMatchObject({ name: "pump" });
      expect(refused?.body).toMatchObject({
        code: "scope_missing",
        missing_scope: {
          domain_id: viewed?.body.domain_id,
          entity_type: "clients",
          entity_id: viewed?.body.id,
          operation: "update",
        },
      });
      expect(revoked?.body).toMatchObject({ code: "token_revoked" });
    }
  });

  test("they say so where the password is wrong, and go no further", async () => {
    const { out, err } = await paste([shell, ...options], [tenLines("printed-at-first-start")]);
    expect(out).toBe("");
    // Before it stands what bash echoes, after it at most a prompt.
    expect(err).toContain("Wrong username or password");
    expect(err.split("Wrong username or password")[1]).not.toMatch(/bearer|undefined|error/i);
  });
});

test("no command of the README has a comment beside it, which zsh would take for words of the command", () => {
  const blocks = [...readme.matchAll(/```sh\n(.*?)```/gs)].map(([, block = ""]) => block);
  expect(blocks.length).toBeGreaterThan(2);
  for (const block of blocks) expect(block).not.toMatch(/(^|\s)#/m);
});

function tenLines(password: string): string {
  const lines = commandsUnder("## The main job, in ten lines");
  expect(lines).toHaveLength(10);
  const admin = printedAdmin(server.output());
  const [settings = "", ...commands] = lines;
  expect(settings).toContain(admin.email);
  const first = settings
    .replace("http://localhost:8080", server.url)
    .replace("printed-at-first-start", password);
  return [first, ...commands].join("\n");
}

async function paste([shell = "", ...options]: readonly string[], texts: readonly string[]) {
  // A session of its own: an interactive shell would take the terminal that the tests run on.
  const child = spawn(shell, options, { detached: true, env: { PATH: process.env.PATH } });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  child.stdin.end(`${texts.join("\n")}\n`);
  await once(child, "close");
  return { out, err };
}

/** The lines of the first shell block below a heading. */
function commandsUnder(heading: string): readonly string[] {
  const section = readme.slice(readme.indexOf(heading));
  const block = /```sh\n(.*?)```/s.exec(section)?.[1] ?? "";
  return block.trim().split("\n");
}
