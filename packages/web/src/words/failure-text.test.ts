import { TesseraError } from "@tessera/sdk";
import { describe, expect, test } from "vitest";
import { absenceOf, failureText, fieldComplaint } from "./failure-text.ts";

describe("the text of a failure", () => {
  test("says of an unreachable server that nothing is lost", () => {
    const { title, advice } = failureText(new TesseraError("unreachable", "x"));
    expect(title).toBe("The server cannot be reached");
    expect(advice).toContain("Nothing you typed is lost");
  });

  test.each([
    [30, "Try again in 30 seconds."],
    [600, "Try again in 10 minutes."],
    [undefined, "Try again later."],
  ])("says how long to wait after too many attempts (%s s)", (retryAfterSeconds, advice) => {
    const error = new TesseraError("rate_limited", "x", { status: 429, retryAfterSeconds });
    expect(failureText(error).advice).toBe(advice);
  });

  test("names the request of a failing server, for its log", () => {
    const error = new TesseraError("internal", "x", { status: 500, requestId: "r1" });
    expect(failureText(error).title).toContain("r1");
  });

  test("says the server's rule for passwords in words, never as a pattern", () => {
    const message = "credentials.secret: must match ^.{8,}$";
    const details = { status: 400, field: "credentials.secret" };
    const { title } = failureText(new TesseraError("weak_password", message, details));
    expect(title).toMatch(/^At least 8 characters\./);
  });

  test("passes on what the server says of a mistake, as a sentence", () => {
    const error = new TesseraError("invalid_body", "name must not be empty", { status: 400 });
    expect(failureText(error).title).toBe("Name must not be empty.");
  });

  test("leaves out the wire's name of the field", () => {
    const details = { status: 400, field: "new_secret" };
    const error = new TesseraError("weak_password", "new_secret: must differ", details);
    expect(failureText(error).title).toBe("Must differ.");
  });

  test("tells which field the server complains of, or of none", () => {
    const details = { status: 409, field: "route" };
    const error = new TesseraError("already_exists", "route: is taken", details);
    expect(fieldComplaint(error)).toEqual({ field: "route", text: "Is taken." });
    expect(fieldComplaint(new TesseraError("internal", "x", { status: 500 }))).toBeUndefined();
    expect(fieldComplaint(new Error("route: is taken"))).toBeUndefined();
  });

  test("never shows what an unknown error carries", () => {
    expect(failureText(new Error("secret detail"))).toEqual({
      title: "Something went wrong",
      advice: "Reload the page and try again.",
    });
  });
});

describe("what stands for a page that cannot be shown", () => {
  test.each([
    [404, "not_found", "not_found"],
    [403, "domain_disabled", "disabled"],
    [403, "owner_lacks_permission", "refused"],
    [500, "internal", undefined],
  ] as const)("is told by the failure (%s %s)", (status, code, absence) =>
    expect(absenceOf(new TesseraError(code, "x", { status }))).toBe(absence),
  );
});
