import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

test("the figures are told without the database too, with what was known of jobs and events", async () => {
  let now = 0;
  let isAway = false;
  const ask = async <T>(answer: T) => {
    if (isAway) throw new Error("the database is away");
    return answer;
  };
  const metrics = createMetrics(() => now, {
    jobStates: () => ask([{ name: "purge", lastSuccessAt: 5000 }]),
    backlogs: () => ask([{ target: "mail", waiting: 3, givenUp: 1 }]),
  });
  const asked = [
    'tessera_job_last_success_timestamp_seconds{job="purge"} 5',
    'tessera_outbox_events{target="mail",state="waiting"} 3',
    'tessera_outbox_events{target="mail",state="given_up"} 1',
  ];
  expect((await metrics.text()).split("\n")).toEqual(expect.arrayContaining(asked));
  isAway = true;
  now += 1000;
  const text = await metrics.text();
  expect(text.split("\n")).toEqual(expect.arrayContaining(asked));
  expect(text).toContain("tessera_http_requests_total");
  metrics.close();
});
