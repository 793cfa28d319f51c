import { expect, test } from "vitest";
import type { ChangeKey } from "../access/change-key.ts";
import { isSoak } from "../testing/soak.ts";
import type { ChangeListener } from "./change-hub.ts";
import { type RememberOptions, remember } from "./remembered.ts";

const domainA: ChangeKey = { kind: "domain", id: "a" };
const domainB: ChangeKey = { kind: "domain", id: "b" };

interface Fact {
  readonly text: string;
}

test("what was read once is known from then on", async () => {
  const { facts } = createFacts();
  expect(facts.peek("k")).toBeUndefined();
  await facts.load("k", async () => ({ text: "first" }));
  expect(facts.peek("k")).toEqual({ text: "first" });
});

test("a touch of any key that a value came of forgets it, and nothing else", async () => {
  const { facts, hub } = createFacts({
    keysOf: (_fact, entry) => (entry === "both" ? [domainA, domainB] : [domainB]),
  });
  await facts.load("both", async () => ({ text: "of a and b" }));
  await facts.load("one", async () => ({ text: "of b" }));
  hub.touch(domainA);
  expect(facts.peek("both")).toBeUndefined();
  expect(facts.peek("one")).toEqual({ text: "of b" });
  hub.touch(domainB);
  expect(facts.peek("one")).toBeUndefined();
});

const moments = ["as the reading begins", "while it reads", "as the reading ends"] as const;

test.for(moments)("a change %s is not covered up by what was read", async (moment) => {
  const { facts, hub } = createFacts();
  const at = (now: (typeof moments)[number]) => now === moment && hub.touch(domainA);
  const value = await facts.load("k", async () => {
    at("as the reading begins");
    const read = { text: "old" };
    await Promise.resolve();
    at("while it reads");
    await Promise.resolve();
    at("as the reading ends");
    return read;
  });
  expect(value).toEqual({ text: "old" });
  expect(facts.peek("k")).toBeUndefined();
});

test("a change between the reading and the remembering is not covered up", async () => {
  const { facts, hub } = createFacts();
  const reading = facts.load(
    "k",
    () =>
      ({
        // What awaits this runs right after the listener of the change.
        // biome-ignore lint/suspicious/noThenProperty: the moment between the two is what is tested
        then: (resolve: (fact: Fact) => void) => {
          resolve({ text: "old" });
          hub.touch(domainA);
        },
      }) as unknown as Promise<Fact>,
  );
  await reading;
  expect(facts.peek("k")).toBeUndefined();
});

test("of two readings the one that began before a change is not kept", async () => {
  const { facts, hub } = createFacts();
  const old = Promise.withResolvers<Fact>();
  const first = facts.load("k", () => old.promise);
  hub.touch(domainA);
  await facts.load("k", async () => ({ text: "new" }));
  old.resolve({ text: "old" });
  await first;
  expect(facts.peek("k")).toEqual({ text: "new" });
});

test("nothing is used or kept while changes may be missed, and nothing of before is used after", async () => {
  const { facts, hub } = createFacts();
  await facts.load("k", async () => ({ text: "of before" }));
  hub.lose();
  expect(facts.peek("k")).toBeUndefined();
  await facts.load("k", async () => ({ text: "in the gap" }));
  expect(facts.peek("k")).toBeUndefined();
  hub.restore();
  expect(facts.peek("k")).toBeUndefined();
});

test("what was being read when the channel was lost, or came back, is not kept", async () => {
  for (const event of ["lose", "restore"] as const) {
    const { facts, hub } = createFacts();
    if (event === "restore") hub.lose();
    await facts.load("k", async () => {
      hub[event]();
      return { text: "old" };
    });
    hub.restore();
    expect(facts.peek("k")).toBeUndefined();
  }
});

test("a reading that fails keeps nothing and tells why", async () => {
  const { facts } = createFacts();
  const failing = facts.load("k", () => Promise.reject(new Error("no database")));
  await expect(failing).rejects.toThrow("no database");
  expect(facts.peek("k")).toBeUndefined();
});

test("what is not worth it, or is not there, is not kept", async () => {
  const { facts } = createFacts({ isWorthIt: ({ text }) => text !== "dull" });
  await facts.load("k", async () => ({ text: "dull" }));
  await facts.load("gone", async () => undefined);
  expect([facts.peek("k"), facts.peek("gone")]).toEqual([undefined, undefined]);
});

test("a value that took another's place is forgotten by its own keys", async () => {
  const { facts, hub } = createFacts({
    keysOf: ({ text }) => [{ kind: "domain", id: text }],
  });
  await facts.load("k", async () => ({ text: "a" }));
  await facts.load("k", async () => ({ text: "b" }));
  hub.touch(domainA);
  expect(facts.peek("k")).toEqual({ text: "b" });
  hub.touch(domainB);
  expect(facts.peek("k")).toBeUndefined();
});

/** All of them take some seconds. */
const values = isSoak ? 1_000_000 : 100_000;

test("of very many values only as many are kept as there is room for, with all that leads to them", async () => {
  const maximumEntries = 1000;
  const { facts, hub } = createFacts({
    maximumEntries,
    keysOf: (_fact, entry) => [{ kind: "domain", id: String(Number(entry) % 5000) }],
  });
  for (let number = 0; number < values; number += 1) {
    await facts.load(String(number), async () => ({ text: "" }));
  }
  const kept = Array.from({ length: values }, (_, number) => facts.peek(String(number)));
  expect(kept.findIndex((fact) => fact !== undefined)).toBe(values - maximumEntries);
  for (let id = 0; id < 5000; id += 1) hub.touch({ kind: "domain", id: String(id) });
  expect(facts.peek(String(values - 1))).toBeUndefined();
});

test("what is used while there is little room outlives what is not", async () => {
  const { facts } = createFacts({ maximumEntries: 10 });
  const load = (entry: string) => facts.load(entry, async () => ({ text: entry }));
  for (let entry = 0; entry < 8; entry += 1) await load(`${entry}`);
  expect(facts.peek("0")).toEqual({ text: "0" });
  for (let entry = 8; entry < 14; entry += 1) await load(`${entry}`);
  expect(facts.peek("0")).toEqual({ text: "0" });
  expect(["1", "2", "3", "4"].map((entry) => facts.peek(entry))).toEqual(Array(4).fill(undefined));
});

test("a value that counts as several leaves room for fewer others", async () => {
  const { facts } = createFacts({ maximumEntries: 10, weightOf: ({ text }) => text.length });
  for (const text of ["aaaa", "bbbb", "cccccc"]) await facts.load(text, async () => ({ text }));
  expect([facts.peek("aaaa"), facts.peek("bbbb"), facts.peek("cccccc")]).toEqual([
    undefined,
    { text: "bbbb" },
    { text: "cccccc" },
  ]);
});

/** A cache of facts about domain a, and the hub that tells it of changes. */
function createFacts(options: Partial<RememberOptions<Fact | undefined>> = {}) {
  const listeners: ChangeListener[] = [];
  let epoch = 0;
  let isLost = false;
  const hub = {
    epoch: () => (isLost ? undefined : epoch),
    onTouched: (listener: ChangeListener) => void listeners.push(listener),
    touch: (key: ChangeKey) => {
      epoch += 1;
      for (const listener of listeners) listener.touched(key, { takesNothing: false });
    },
    lose: () => {
      isLost = true;
      epoch += 1;
    },
    restore: () => {
      isLost = false;
      epoch += 1;
      for (const listener of listeners) listener.missed();
    },
  };
  const facts = remember<Fact | undefined>(hub, {
    maximumEntries: 100,
    keysOf: () => [domainA],
    ...options,
  });
  return { facts, hub };
}
