import { expect, test } from "vitest";
import { z } from "zod";
import { createListWriter, createReplyWriter, keepText } from "./reply-writer.ts";

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

test("a kept reply is written by its schema once, and by each schema for itself", () => {
  let reads = 0;
  const thing = keepText({
    get name() {
      reads += 1;
      return "pump";
    },
    secret: "s",
  });
  const write = createReplyWriter(z.object({ name: z.string() }));
  expect([write(thing), write(thing)]).toEqual(['{"name":"pump"}', '{"name":"pump"}']);
  const readOnce = reads;
  write(thing);
  expect(reads).toBe(readOnce);
  expect(createReplyWriter(z.object({ secret: z.string() }))(thing)).toBe('{"secret":"s"}');
  expect({ ...thing, name: "motor" }).toEqual({ name: "motor", secret: "s" });
  expect(write({ ...thing, name: "motor" })).toBe('{"name":"motor"}');
});
