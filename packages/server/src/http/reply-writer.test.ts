import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { z } from "zod";
import { createListWriter, createReplyWriter, KeptReply } from "./reply-writer.ts";

const list = z.object({
  total: z.int(),
  word: z.string().optional(),
  things: z.array(z.object({ name: z.string(), metadata: z.record(z.string(), z.unknown()) })),
  limit: z.int(),
});

test("a list that is written in turns is the text that it would be at once", async () => {
  const thing = { name: '"things":[]', metadata: { things: [], more: { things: [1] } } };
  const values = [
    { total: 0, things: [], limit: 10 },
    { total: 2, word: '"things":[],', things: [thing, { ...thing, secret: "s" }], limit: 10 },
  ];
  const write = createListWriter(list);
  for (const value of values) {
    const text = await write?.(value);
    expect(text).toBe(createReplyWriter(list)(value));
    expect(text).not.toContain("secret");
  }
});

test("what has no list, or something else that may be long, is not written in turns", () => {
  const more = z.object({ ...list.shape, others: z.array(z.string()) });
  const nested = z.object({ ...list.shape, other: z.object({ things: z.array(z.int()) }) });
  for (const schema of [z.object({ total: z.int() }), more, nested, z.array(z.int())]) {
    expect(createListWriter(schema)).toBeUndefined();
  }
});

test("a kept reply is written by its schema once, and nothing but the text is kept", async () => {
  const write = createReplyWriter(z.object({ name: z.string() }));
  const { kept, whatWasRead } = keepOne();
  expect([write(kept), write(kept)]).toEqual(['{"name":"pump"}', '{"name":"pump"}']);
  const collect = getCollector();
  const isGone = () => {
    collect();
    return whatWasRead.deref() === undefined;
  };
  await expect.poll(isGone).toBe(true);
  expect(write(kept)).toBe('{"name":"pump"}');
});

function keepOne() {
  const reply = { name: "pump", secret: "s" };
  return { kept: new KeptReply(reply), whatWasRead: new WeakRef(reply) };
}

/** What `--expose-gc` gives, to a process that runs already. */
function getCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
