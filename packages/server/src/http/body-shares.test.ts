import { EventEmitter } from "node:events";
import type { FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { createBodyShares } from "./body-shares.ts";

const mebibyte = 1024 * 1024;

test("bodies under way have a bound in all, beyond which each caller has one", () => {
  let now = 0;
  const take = createBodyShares(() => now);
  /** Lets one begin, and returns what ends it. */
  const begin = (userId: string) => {
    const raw = new EventEmitter();
    const request = {
      ...{ raw, principal: { kind: "session", userId }, ip: "192.0.2.1" },
      headers: { "content-length": `${mebibyte}` },
      routeOptions: { bodyLimit: mebibyte },
    };
    take("change", request as unknown as FastifyRequest);
    return () => raw.emit("close");
  };
  const ends = Array.from({ length: 128 }, (_, index) => begin(`user ${index % 16}`));
  now += 60_000;
  expect(() => begin("user 1")).toThrow(expect.objectContaining({ code: "busy" }) as Error);
  const newcomers = Array.from({ length: 128 }, (_, index) => begin(`newcomer ${index}`));
  expect(() => begin("one more")).toThrow(expect.objectContaining({ code: "busy" }) as Error);
  for (const end of newcomers) end();
  ends[1]?.();
  begin("user 1");
});
