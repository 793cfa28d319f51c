import { Readable } from "node:stream";
import { AppError } from "@tessera/contract";
import { expect, test, vi } from "vitest";
import { answerFreshly, freshnessOf } from "./fresh-answer.ts";

const freshness = freshnessOf("by_key", { listTimeoutMilliseconds: 1_000 });

/** An answer whose deciding began so long ago. */
function answered(
  ago: number,
  decideAgain: () => boolean | Promise<boolean>,
  isTakenAway = () => false,
) {
  const answer = vi.fn(() => "yes");
  const looks = vi.fn(decideAgain);
  const startedAt = performance.now() - ago;
  const answering = { freshness, startedAt, answer, decideAgain: looks, isTakenAway };
  const result = answerFreshly(answering);
  return { result, answer, looks };
}

test("an answer that comes soon is given as it is, without a promise", () => {
  const { result, looks } = answered(0, () => false);
  expect([result, looks.mock.calls.length]).toEqual(["yes", 0]);
});

test("an answer that took a while is given to whoever still has the same rights, and to nobody who has none", async () => {
  const same = answered(200, () => true);
  expect(await same.result).toBe("yes");
  expect(same.answer).toHaveBeenCalledOnce();
  const revoked = answered(200, () => {
    throw new AppError("unauthenticated");
  });
  await expect(revoked.result).rejects.toThrow(AppError);
});

test.each([
  ["whose caller has other rights by now", 200, false],
  ["from before a pause, whoever asks", 4_000, true],
])("an answer %s is made once more", async (_, ago, isAsBefore) => {
  const { result, answer, looks } = answered(ago, () => Promise.resolve(isAsBefore));
  expect(await result).toBe("yes");
  expect([looks.mock.calls.length, answer.mock.calls.length]).toEqual([1, 2]);
});

test("an answer is looked at again for as long as something is taken away in its middle, and then not given", async () => {
  let takings = 2;
  const twice = answered(
    0,
    () => true,
    () => takings-- > 0,
  );
  expect(await twice.result).toBe("yes");
  expect([twice.looks.mock.calls.length, twice.answer.mock.calls.length]).toEqual([2, 1]);
  const always = answered(
    0,
    () => false,
    () => true,
  );
  await expect(always.result).rejects.toMatchObject({
    code: "unavailable",
    details: { retryAfterSeconds: 1 },
  });
});

test("what is made while it is read is begun once, and decided again as it goes on", async () => {
  const answer = vi.fn(async () => Readable.from(["part"]));
  const begun = await answerFreshly<Readable>({
    freshness,
    startedAt: performance.now() - 4_000,
    answer,
    decideAgain: () => false,
    isTakenAway: () => true,
  });
  expect(begun).toBeInstanceOf(Readable);
  expect(answer).toHaveBeenCalledOnce();
});
