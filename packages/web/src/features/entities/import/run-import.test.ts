import { TesseraError } from "@tessera/sdk";
import { describe, expect, test } from "vitest";
import type { ImportLine } from "./import-lines.ts";
import { type ImportRun, type LineOutcome, runImport } from "./run-import.ts";

const lines: readonly ImportLine[] = Array.from({ length: 250 }, (_, index) => ({
  number: index + 2,
  name: `n${index}`,
  hasSecret: false,
  body: { name: `n${index}` },
  problem: undefined,
}));

function prepare(create: ImportRun["create"], uncertain = new Set<ImportLine>()) {
  const outcomes = new Map<ImportLine, LineOutcome>();
  const run: ImportRun = {
    lines,
    bodies: new Map(lines.map((line) => [line, { name: line.name, id: `id-${line.name}` }])),
    create,
    onOutcome: (line, outcome) => outcomes.set(line, outcome),
    isStopped: () => false,
    uncertain,
  };
  return { run, outcomes };
}

const answer = (bodies: Parameters<ImportRun["create"]>[0]) =>
  bodies.map(({ id = "" }) => ({ id, credentials: { secret: `secret of ${id}` } }));

function refuse(field?: string) {
  return new TesseraError("already_exists", `${field ?? "one"} is taken already`, {
    status: 409,
    field,
  });
}

describe("an import", () => {
  test("sends portions and keeps every secret", async () => {
    const sizes: number[] = [];
    const { run, outcomes } = prepare(async (bodies) => {
      sizes.push(bodies.length);
      return answer(bodies);
    });
    await runImport(run);
    expect(sizes).toEqual([100, 100, 50]);
    expect(outcomes.get(lines[7] as ImportLine)).toEqual({
      state: "created",
      id: "id-n7",
      secret: "secret of id-n7",
    });
  });

  test.each([true, false])(
    "creates all but the refused lines, whether the server names them (%s) or not",
    async (isNamed) => {
      const wrong = new Set(["n3", "n150", "n249"]);
      const { run, outcomes } = prepare(async (bodies) => {
        const index = bodies.findIndex(({ name }) => wrong.has(name ?? ""));
        if (index >= 0) throw refuse(isNamed ? `${index}.route` : undefined);
        return answer(bodies);
      });
      await runImport(run);
      const failed = [...outcomes].filter(([, { state }]) => state === "failed");
      expect(failed.map(([{ name }]) => name)).toEqual([...wrong]);
      expect(outcomes.size).toBe(250);
    },
  );

  test("stops when nothing more can be sent, and does not take a repeated line for a failed one", async () => {
    const stored = new Set<string>();
    let isLost = true;
    const server: ImportRun["create"] = async (bodies) => {
      const index = bodies.findIndex(({ id = "" }) => stored.has(id));
      if (index >= 0) throw refuse(`${index}.id`);
      for (const { id = "" } of bodies) stored.add(id);
      if (isLost) throw new TesseraError("unreachable", "The server cannot be reached");
      return answer(bodies);
    };
    const first = prepare(server);
    await expect(runImport(first.run)).rejects.toThrow("cannot be reached");
    expect(first.outcomes.size).toBe(0);
    isLost = false;
    const second = prepare(server, first.run.uncertain);
    await runImport(second.run);
    expect([...second.outcomes.values()].filter(({ state }) => state === "created")).toHaveLength(
      250,
    );
    expect(stored.size).toBe(250);
  });
});
