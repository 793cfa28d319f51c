import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { shareAnswer } from "../../http/shared-answer.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { startApp, type TestApp } from "../../testing/start-app.ts";

onEveryDatabase("whether the server is ready", (kind) => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp(kind);
  });
  afterAll(() => server.close());

  test("costs the database one question a second, however many ask", async () => {
    const asked = vi.spyOn(server.deps.database, "isReachable");
    const askMany = async () => {
      const ask = () => server.nobody.call("GET", "/ready");
      const replies = await Promise.all(Array.from({ length: 50 }, ask));
      return new Set(replies.map(({ status, body }) => `${status} ${JSON.stringify(body)}`));
    };
    for (const questions of [1, 2, 3]) {
      server.clock.now += 1000;
      expect(await askMany()).toEqual(new Set(['200 {"status":"pass"}']));
      expect(await askMany()).toEqual(new Set(['200 {"status":"pass"}']));
      expect(asked).toHaveBeenCalledTimes(questions);
    }
    asked.mockRestore();
  });
});

test("who asks while an answer is late waits for that one; a failure is told and not kept", async () => {
  const clock = { now: 0 };
  const answers: PromiseWithResolvers<string>[] = [];
  const ask = () => {
    const answer = Promise.withResolvers<string>();
    answers.push(answer);
    return answer.promise;
  };
  const shared = shareAnswer(ask, 1000, () => clock.now);
  const first = shared();
  clock.now += 5000;
  const second = shared();
  expect(answers).toHaveLength(1);
  answers[0]?.reject(new Error("broken"));
  await expect(first).rejects.toThrow("broken");
  await expect(second).rejects.toThrow("broken");
  const third = shared();
  expect(answers).toHaveLength(2);
  answers[1]?.resolve("well");
  expect(await third).toBe("well");
  clock.now += 999;
  expect(await shared()).toBe("well");
  expect(answers).toHaveLength(2);
  clock.now -= 5000;
  void shared();
  expect(answers).toHaveLength(3);
});
