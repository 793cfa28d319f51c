import { describe, expect, test } from "vitest";
import { endOfRotation, rotationOf, type TokenSecret } from "./rotation-state.ts";

const never = "0001-01-01T00:00:00Z";
const then = "2026-11-01T10:00:00Z";

const secret = (
  id: string,
  state: TokenSecret["state"],
  first_used_at: string = never,
): TokenSecret => ({
  id,
  state,
  created_at: then,
  expires_at: "2027-11-01T10:00:00Z",
  first_used_at,
  last_used_at: first_used_at,
  last_used_address: "",
  dies_at: never,
  ends_with: "abcd",
});

const active = (...secrets: TokenSecret[]) => ({ status: "active" as const, secrets });

describe("a rotation is under way", () => {
  test("while the new secret waits for its first use", () =>
    expect(rotationOf(active(secret("old", "live"), secret("new", "pending")))).toMatchObject({
      fresh: { id: "new" },
      before: { id: "old" },
      isUsed: false,
    }));

  test.each([
    [never, false],
    [then, true],
  ])("while the one before works on, the new one first used at %s", (firstUsedAt, isUsed) =>
    expect(
      rotationOf(active(secret("old", "retiring", then), secret("new", "live", firstUsedAt))),
    ).toMatchObject({ fresh: { id: "new" }, before: { id: "old" }, isUsed }),
  );

  test("and never with one secret that works, or a token that does not", () => {
    expect(rotationOf(active(secret("old", "retired"), secret("new", "live")))).toBeUndefined();
    const secrets = [secret("old", "live"), secret("new", "pending")];
    expect(rotationOf({ status: "revoked", secrets })).toBeUndefined();
  });
});

describe("a rotation that was waited for", () => {
  test.each([
    ["switched", secret("new", "live", then)],
    ["unused", secret("new", "live")],
    ["discarded", secret("new", "discarded")],
    [undefined, secret("another", "live", then)],
  ])("ended as %s", (end, fresh) =>
    expect(endOfRotation(active(secret("old", "retired"), fresh), "new")).toBe(end),
  );
});
