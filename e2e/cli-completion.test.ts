import { execFile } from "node:child_process";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { runOnTerminal } from "./command-line.ts";

const root = join(import.meta.dirname, "..");
const path = [join(root, "node_modules/.bin"), process.env.PATH ?? ""].join(delimiter);
const environment = { PATH: path, PS1: "READY> ", TERM: "dumb" };

/** Instead of running a command it tells, by number, what was completed. */
const tellsIt = `n=0; tessera() { n=$((n+1)); echo "RA""N$n:$*"; }; echo LOA""DED`;

/** What is typed, with tabs, and what that completes to. */
const typed = [
  ["users.prof\t--out\tta\t", "users.profile --output table"],
  ["--output json clients.list --sta\tdisa\t", "--output json clients.list --status disabled"],
  ["clients.create --name @tsconf\t", "clients.create --name @tsconfig.json"],
  ["completion fi\t", "completion fish"],
] as const;

test.each([
  ["bash", ["bash", "--norc", "--noprofile", "-i"], ""],
  ["zsh", ["zsh", "-f", "-i"], "autoload -U compinit; compinit -u -D; "],
] as const)(
  "in %s a tab completes commands, options, their values, files after @, and the shells",
  async (shell, command, preparation) => {
    const load = `cd '${root}'; ${preparation}source <(tessera completion ${shell}); ${tellsIt}\r`;
    const { shown } = await runOnTerminal(
      command,
      [
        ["READY> ", load],
        ...typed.map(
          ([line], index) =>
            [index === 0 ? "LOADED" : `RAN${index}:`, `tessera ${line}\r`] as const,
        ),
        [`RAN${typed.length}:`, "exit\r"],
      ],
      environment,
    );
    const completed = [...shown.matchAll(/RAN\d:(.*?)\s*[\r\n]/g)].map(([, line]) => line);
    expect(completed).toEqual(typed.map(([, line]) => line));
  },
);

test("in fish a tab completes commands, options, their values, files after @, and the shells", async () => {
  const lines = {
    "tessera users.prof": "users.profile",
    "tessera users.profile --out": "--output",
    "tessera --output table clients.list --status disa": "disabled",
    "tessera clients.create --name @tsconf": "@tsconfig.json",
    "tessera completion z": "zsh",
  };
  const tries = Object.keys(lines).map((line) => `complete -C '${line}'`);
  const script = ["tessera completion fish | source", ...tries].join("\n");
  const env = { ...environment, HOME: "/nonexistent" };
  const { stdout } = await promisify(execFile)("fish", ["--no-config", "-c", script], {
    env,
    cwd: root,
  });
  const completed = stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t")[0]);
  expect(completed).toEqual(Object.values(lines));
});
