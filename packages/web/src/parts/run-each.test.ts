import { TesseraError } from "@tessera/sdk";
import { expect, test } from "vitest";
import { type Outcome, runEach } from "./run-each.ts";

async function run(act: (item: number) => Promise<unknown>, isStopped = (_waits: number) => false) {
  const outcomes: Outcome<number>[] = [];
  const waited: number[] = [];
  const ended = await runEach({
    items: [1, 2, 3],
    act,
    isStopped: () => isStopped(waited.length),
    onOutcome: (outcome) => outcomes.push(outcome),
    wait: async (seconds) => {
      waited.push(seconds);
    },
  }).then(
    () => "done",
    () => "thrown",
  );
  return { told: outcomes.map(({ item, reason }) => [item, reason]), waited, ended };
}

test("one that is refused keeps no other from it, and its reason is kept", async () => {
  const { told } = await run(async (item) => {
    if (item === 2) throw new TesseraError("conflict", "it is in use", { status: 409 });
  });
  expect(told).toEqual([
    [1, undefined],
    [2, "It is in use."],
    [3, undefined],
  ]);
});

test("what is too much at once is waited for, and done then", async () => {
  let refusals = 2;
  const { told, waited } = await run(async (item) => {
    if (item !== 2 || refusals === 0) return;
    refusals -= 1;
    throw new TesseraError("rate_limited", "slowly", { status: 429, retryAfterSeconds: 7 });
  });
  expect(waited).toEqual([7, 7]);
  expect(told.map(([, reason]) => reason)).toEqual([undefined, undefined, undefined]);
});

test.each([
  ["the server is away", new TesseraError("unreachable", "away")],
  ["nobody is signed in", new TesseraError("unauthenticated", "who?", { status: 401 })],
])("nothing more is tried when %s", async (_, error) => {
  const { told, ended } = await run(async (item) => {
    if (item === 2) throw error;
  });
  expect([told, ended]).toEqual([[[1, undefined]], "thrown"]);
});

test("what is stopped does no more", async () => {
  let done = 0;
  const { told } = await run(
    async () => {
      done += 1;
    },
    () => done === 2,
  );
  expect(told.length).toBe(2);
});

test("what is stopped while it waits is not tried again", async () => {
  let tries = 0;
  const { told } = await run(
    async () => {
      tries += 1;
      throw new TesseraError("rate_limited", "slowly", { status: 429, retryAfterSeconds: 7 });
    },
    (waits) => waits > 0,
  );
  expect(tries).toBe(1);
  expect(told.length).toBe(1);
});
