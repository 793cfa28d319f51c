import { describe, expect, test } from "vitest";
import { createPartLoader } from "./load-part.ts";

/** A server that is away for so many looks. */
const awayFor = (looks: number) => {
  let left = looks;
  return async () => {
    left -= 1;
    return left < 0;
  };
};

describe("code that is loaded late", () => {
  test("is waited for while the server is away, which is told", async () => {
    const loader = createPartLoader(awayFor(3), 1);
    const told: boolean[] = [];
    loader.subscribe(() => told.push(loader.isWaiting()));
    let attempts = 0;
    const part = await loader.load(async () => {
      attempts += 1;
      if (attempts === 1) throw new TypeError("Failed to fetch");
      return "the part";
    });
    expect([part, attempts]).toEqual(["the part", 2]);
    expect(told).toEqual([true, false]);
  });

  test("that is there no more rejects, and nothing is waited for", async () => {
    const loader = createPartLoader(awayFor(0), 1);
    const gone = () => Promise.reject(new TypeError("404"));
    await expect(loader.load(gone)).rejects.toThrow("404");
    expect(loader.isWaiting()).toBe(false);
  });
});
