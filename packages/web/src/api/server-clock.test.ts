import { expect, test } from "vitest";
import { createServerClock } from "./server-clock.ts";

const date = (at: number) => new Date(at).toUTCString();
const day = 86_400_000;
const noon = Date.UTC(2026, 0, 2, 12);

test("a browser's clock that is right stays as it is, also within the second that a reply cuts off", () => {
  const server = createServerClock(() => noon + 950);
  server.hear(date(noon), noon + 900, noon + 950);
  expect(server.now()).toBe(noon + 950);
});

test("the server's time is told by a browser whose clock is a day off, the better the more replies there are", () => {
  let real = noon;
  const server = createServerClock(() => real - day);
  server.hear(date(real), real - day, real - day + 40);
  expect(Math.abs(server.now() - real)).toBeLessThanOrEqual(1000);
  for (const passed of [700, 500, 130, 260]) {
    real += passed;
    server.hear(date(real), real - day, real - day + 20);
  }
  expect(Math.abs(server.now() - real)).toBeLessThanOrEqual(500);
});

test("a clock that is set while the page is open is followed", () => {
  let own = noon;
  const server = createServerClock(() => own);
  server.hear(date(noon), own, own + 10);
  own = noon + day;
  server.hear(date(noon), own, own + 10);
  expect(Math.abs(server.now() - noon)).toBeLessThanOrEqual(1000);
});

test("a reply without a date changes nothing", () => {
  const server = createServerClock(() => noon);
  server.hear(null, 0, 0);
  server.hear("no date", 0, 0);
  expect(server.now()).toBe(noon);
});
