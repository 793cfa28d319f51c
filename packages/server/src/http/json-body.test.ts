import fastify from "fastify";
import { afterEach, expect, test } from "vitest";
import { acceptJsonBodies } from "./json-body.ts";

const app = fastify();
afterEach(() => app.close());

test("however many large bodies arrive at once, the thread has a turn for others between two of them", async () => {
  acceptJsonBodies(app);
  let turn = 0;
  const readIn: number[] = [];
  const endpoint = { id: "things.add", body: {}, access: { kind: "anyone" } } as never;
  app.post("/", { config: { endpoint } }, async () => {
    readIn.push(turn);
    return "";
  });
  const look = () => {
    turn += 1;
    if (readIn.length < 5) setImmediate(look);
  };
  setImmediate(look);
  const payload = { text: "a".repeat(20_000) };
  await Promise.all(
    Array.from({ length: 5 }, () => app.inject({ method: "POST", url: "/", payload })),
  );
  expect(new Set(readIn).size).toBe(5);
});
