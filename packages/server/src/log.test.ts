import { formatToken } from "@tessera/contract";
import { expect, test } from "vitest";
import { createLog } from "./log.ts";

const token = formatToken(
  "link",
  "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60",
  new Uint8Array(32).fill(7),
);

function logged(...entry: [object, string]) {
  const lines: string[] = [];
  createLog("info", { write: (line) => void lines.push(line) }).info(...entry);
  expect(lines).toHaveLength(1);
  const [line = ""] = lines;
  return { line, told: JSON.parse(line) };
}

test("a line of the log is one line of visible letters, and says the same", () => {
  const forged = '\u001b[2J\u009b31m\u202e\r\n{"level":30}\u2028\u007f\ud800 é😀 "\\';
  const error = new Error(forged);
  const { line, told } = logged({ address: forged, err: error }, forged);
  expect(line).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]+\n$/u);
  expect(told).toMatchObject({ address: forged, msg: forged, err: { message: forged } });
});

test("a line of the log has no token in it, wherever somebody put one", () => {
  const session = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
  const error = new Error(`no: ${token}`, {
    cause: new Error(`postgres://me:secret1@db ${session}`),
  });
  const { line, told } = logged({ address: token, err: error }, `said ${token}"}`);
  for (const secret of [token.slice(28), "eyJzdWIi", "secret1"]) expect(line).not.toContain(secret);
  expect(told.msg).toBe('said link_…"}');
  expect(told.err.message).toBe("no: link_…: postgres://me:…@db eyJ…");
});

test("an error in the log has what it says, where, and its codes, and nothing that another program put beside it", () => {
  const row = "Failing row contains (1, hash-of-a-password)";
  const beside = { detail: row, where: row, hint: row, internalQuery: row, cert: { raw: row } };
  const error = Object.assign(new Error("violates"), { code: "23514", constraint: "c", ...beside });
  const { line, told } = logged({ err: new AggregateError([error], "both") }, "failed");
  expect(line).not.toContain("hash-of-a-password");
  expect(told.err.aggregateErrors).toMatchObject([
    { type: "Error", message: "violates", code: "23514", constraint: "c" },
  ]);
  expect(told.err.aggregateErrors[0].stack).toContain("log.test.ts");
  expect(logged({ err: "no error" }, "failed").told.err).toBe("no error");
});
