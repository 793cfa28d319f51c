import type { AppError } from "@tessera/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { createBodyParser } from "./parse-body.ts";
import { toProblem } from "./problem.ts";

const item = z.object({ name: z.string().max(3), tags: z.array(z.string()).default([]) });
const few = { error: "must not be so many" };
const items = z
  .array(item)
  .min(1)
  .max(40)
  .refine((list) => list.filter(({ tags }) => tags.length > 0).length < 30, few);
const named = z.object({ id: z.string(), items: items.default([]), ids: z.array(z.string()) });
const oneOrMany = z.union([item, items]);

const list = (length: number, at: Readonly<Record<number, unknown>> = {}) =>
  Array.from({ length }, (_, index) => at[index] ?? { name: `n${index % 10}`, other: true });
const tagged = (length: number) => Array.from({ length }, () => ({ name: "n", tags: ["t"] }));

const bodies: readonly (readonly [string, z.ZodType, unknown])[] = [
  ["a list", items, list(40)],
  ["a list with a name in other letters", items, list(30, { 7: { NAME: "n7" } })],
  ["a list with something wrong in it", items, list(40, { 22: { name: 7 }, 30: "none" })],
  ["a list that is too long", items, list(41)],
  ["a list that is not as it must be in all", items, tagged(40)],
  ["a list of what is none", items, Array.from({ length: 40 }, () => null)],
  ["a list in an object", named, { id: "i", items: list(40), ids: ["a"] }],
  ["two lists in an object", named, { id: "i", items: list(40, { 3: {} }), ids: list(50) }],
  ["something wrong before the list", named, { items: list(40, { 3: {} }), ids: [] }],
  ["something wrong after the list", named, { id: "i", items: list(40), ids: 7 }],
  ["a list where one thing would do", oneOrMany, list(40)],
  ["a list that is not as it must be in all, where one thing would do", oneOrMany, tagged(40)],
  [
    "something wrong in a list where one thing would do",
    oneOrMany,
    list(40, { 5: { name: "long" } }),
  ],
];

test.each(bodies)("%s is read, or refused, as by its schema", async (_name, schema, body) => {
  const whole = schema.safeParse(JSON.parse(JSON.stringify(body).replaceAll("NAME", "name")));
  const read = (async () => createBodyParser(schema)(body))();
  if (whole.success) expect(await read).toEqual(whole.data);
  else await expect(read).rejects.toEqual(toProblem("invalid_body", whole.error));
});

test("others are answered before the elements of a long list are read", async () => {
  const order: string[] = [];
  setImmediate(() => order.push("other"));
  const slow = z.array(z.string().refine(() => order.push("element") > 0));
  await createBodyParser(slow)(Array.from({ length: 17 }, () => "e"));
  expect(order[0]).toBe("other");
  expect(order).toHaveLength(18);
});

test("a short list is read at once", () => {
  expect(createBodyParser(items)(list(16))).toEqual(items.parse(list(16)));
});

test("of a list that is too long no element is read, and after a wrong one none either", async () => {
  let read = 0;
  const element = z.string().refine((text) => {
    read += 1;
    return text !== "wrong";
  });
  const counted = z.array(element).max(100);
  const parse = createBodyParser(z.object({ items: counted }));
  const refusal = async (elements: readonly string[]) => {
    read = 0;
    try {
      await parse({ items: elements });
      return undefined;
    } catch (error) {
      return { field: (error as AppError).details.field, read };
    }
  };
  expect(await refusal(Array(101).fill("e"))).toEqual({ field: "items", read: 0 });
  // The wrong one is read once more, to say what is wrong.
  const wrong = Array.from({ length: 100 }, (_, index) => (index === 30 ? "wrong" : "e"));
  expect(await refusal(wrong)).toEqual({ field: "items.30", read: 32 });
});

test("a list that is too long is told so, also where one thing would do", async () => {
  const read = async () => createBodyParser(oneOrMany)(list(41));
  await expect(read).rejects.toThrow("the body: Too big: expected array to have <=40 items");
});

test("of a list whose sum is refused each element is read once", async () => {
  let read = 0;
  const element = z.string().refine(() => {
    read += 1;
    return true;
  });
  const sum = z.array(element).refine(() => false, few);
  for (const [schema, body, field] of [
    [sum, Array(100).fill("e"), undefined],
    [z.object({ items: sum }), { items: Array(100).fill("e") }, "items"],
  ] as const) {
    read = 0;
    const refused = (async () => createBodyParser(schema)(body))();
    await expect(refused).rejects.toMatchObject({
      code: "invalid_body",
      message: expect.stringContaining("must not be so many"),
      details: field === undefined ? {} : { field },
    });
    expect(read).toBe(100);
  }
});
