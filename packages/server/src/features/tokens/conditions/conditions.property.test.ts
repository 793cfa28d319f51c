import { builtInEndpoints, type Conditions, createCatalogue } from "@tessera/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Authority } from "../../../access/authority.ts";
import { compileScopes } from "../../../access/compiled-scopes.ts";
import type { TokenPrincipal } from "../../../access/principal.ts";
import { createGuard, decideOn, type Facts, RefusedError } from "../../../http/guard.ts";
import { compileConditions } from "./compile-conditions.ts";

type Weekly = NonNullable<Conditions["weekly"]>;

const caseCount = 10_000;
const catalogue = createCatalogue();
const row = catalogue.findOperation("clients.view");
const endpoint = builtInEndpoints.find(({ id }) => id === "clients.view");
const now = Date.parse("2027-10-31T00:30:00Z");
const hour = 3_600_000;

const address = fc.constantFrom(
  undefined,
  "10.0.0.1",
  "::ffff:10.0.0.1",
  "10.0.9.1",
  "2001:db8::1",
  "192.0.2.1",
  "unknown",
);
const networks = fc.subarray(["10.0.0.0/8", "10.0.9.0/24", "2001:db8::/32"], { minLength: 1 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const sometimes = fc.record({
  addresses: maybe(fc.oneof(fc.record({ allow: networks }), fc.record({ deny: networks }))),
  not_before: maybe(
    fc.constantFrom(-hour, 0, 1, hour).map((by) => new Date(now + by).toISOString()),
  ),
  weekly: maybe(
    fc.record({
      timezone: fc.constantFrom("UTC", "Europe/Berlin"),
      windows: fc.constantFrom<Weekly["windows"]>(
        [{ days: ["sat"], from: "22:00", to: "02:15" }],
        [{ days: ["sun"], from: "02:00", to: "03:00" }],
        [{ days: ["mon"], from: "00:00", to: "24:00" }],
      ),
    }),
  ),
  max_uses: maybe(fc.constant(5)),
  rate: maybe(fc.constant({ limit: 5, per: "1m" })),
});
const question = fc.record({
  conditions: sometimes,
  address,
  moment: fc.constantFrom(now, now + hour, now + 3 * hour),
  spending: fc.constantFrom(
    { isCounted: true, isExhausted: false, waitMilliseconds: 0 },
    { isCounted: true, isExhausted: true, waitMilliseconds: 0 },
    { isCounted: true, isExhausted: false, waitMilliseconds: 100 },
    { isCounted: false, isExhausted: false, waitMilliseconds: 0 },
  ),
  hasScope: fc.constantFrom(true, true, true, false),
  mayOwner: fc.constantFrom(true, true, true, false),
  hasExpired: fc.constantFrom(false, false, false, true),
});

type Asked = typeof question extends fc.Arbitrary<infer Q> ? Q : never;

/** The codes of all that is in the way, in the order of the steps, written down once more as plainly as can be. */
function* obstaclesByTheBook(asked: Asked): Generator<string> {
  const { conditions, moment, spending } = asked;
  if (asked.hasExpired) yield "token_expired";
  if (conditions.not_before !== undefined && moment < Date.parse(conditions.not_before)) {
    yield "not_yet_valid";
  }
  if (conditions.weekly !== undefined && !isInWeek(conditions.weekly, moment)) {
    yield "condition_time";
  }
  if (conditions.addresses !== undefined && !isFrom(conditions.addresses, asked.address)) {
    yield "condition_address";
  }
  const isLimited = conditions.rate !== undefined || conditions.max_uses !== undefined;
  if (isLimited && !spending.isCounted) yield "condition_time";
  if (conditions.rate !== undefined && spending.waitMilliseconds > 0) yield "rate_limited";
  if (conditions.max_uses !== undefined && spending.isExhausted) yield "token_exhausted";
  if (!asked.hasScope) yield "scope_missing";
  if (!asked.mayOwner) yield "owner_lacks_permission";
}

function isInWeek({ timezone, windows }: Weekly, moment: number) {
  const time = new Date(moment + (timezone === "UTC" ? 0 : moment < now + hour / 2 ? 2 : 1) * hour);
  const clock = time.toISOString().slice(11, 16);
  switch (windows[0]?.days[0]) {
    case "sat":
      return time.getUTCDay() === 6 ? clock >= "22:00" : time.getUTCDay() === 0 && clock < "02:15";
    case "sun":
      return time.getUTCDay() === 0 && clock >= "02:00" && clock < "03:00";
    default:
      return time.getUTCDay() === 1;
  }
}

function isFrom(
  { allow, deny }: { allow?: readonly string[] | undefined; deny?: readonly string[] | undefined },
  from: string | undefined,
): boolean {
  const held: Record<string, readonly string[]> = {
    "10.0.0.1": ["10.0.0.0/8"],
    "::ffff:10.0.0.1": ["10.0.0.0/8"],
    "10.0.9.1": ["10.0.0.0/8", "10.0.9.0/24"],
    "2001:db8::1": ["2001:db8::/32"],
    "192.0.2.1": [],
  };
  const holding = held[from ?? ""];
  if (holding === undefined) return false;
  const isIn = (list: readonly string[]) => list.some((network) => holding.includes(network));
  return (allow === undefined || isIn(allow)) && (deny === undefined || !isIn(deny));
}

test(`what is explained is what is enforced, in ${caseCount} random cases with conditions`, () => {
  if (row === undefined || endpoint === undefined) throw new Error("no such operation");
  const guard = createGuard(endpoint, catalogue);
  const target = { domainId: "d", entityType: "clients", entityId: "c" };
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(question, (asked) => {
      const given = Object.entries(asked.conditions).filter(([, value]) => value !== undefined);
      const principal: TokenPrincipal = {
        kind: "token",
        userId: "u",
        isAdmin: false,
        tokenId: "t",
        secretId: "s",
        secretDigest: "d",
        replyHeaders: {},
        expiresAt: asked.hasExpired ? now - 1 : now + 24 * hour,
        scopes: compileScopes(asked.hasScope ? [{ ...target, operation: "view", id: "x" }] : []),
        conditions: compileConditions(Object.fromEntries(given) as Conditions),
      };
      const authority: Authority = {
        domainStatus: "enabled",
        isMember: true,
        isDomainAdmin: false,
        actions: new Set(asked.mayOwner ? ["read"] : []),
      };
      const facts: Facts = {
        loadAuthority: () => authority,
        findParentGroupId: async () => undefined,
        findOwnDomains: async () => [],
        clock: () => asked.moment,
        passwordConfirmationLifetime: 0,
        onDecision: () => {},
      };
      const { address: from, spending } = asked;
      const circumstances = { address: from, via: "service", spending } as const;
      const explained = decideOn({ principal, row, target, circumstances }, facts);
      if (explained instanceof Promise) throw new Error("there was nothing to wait for");

      const [because] = obstaclesByTheBook(asked);
      const failed = explained.steps.filter(({ passed }) => !passed);
      // The explanation cannot say otherwise: only a refusal has a step that failed, and it is the last.
      const isToldWell = failed.length === (explained.allowed ? 0 : 1);
      expect([explained.allowed ? undefined : explained.because, isToldWell]).toEqual([
        because,
        true,
      ]);
      if (!explained.allowed) expect(failed[0]).toBe(explained.steps.at(-1));
      // A route's caller always has an address, if only one that is none.
      const request = {
        principal,
        address: from ?? "",
        spending,
        params: { domainId: "d", id: "c" },
        body: undefined,
      };
      let enforced: string | undefined;
      try {
        const uses = guard?.check(request, facts);
        if (uses instanceof Promise) throw new Error("there was nothing to wait for");
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        enforced = error.code;
      }
      // The guard asks conditions before anything else, the expiry too: an expired token has no principal there.
      if (!asked.hasExpired) expect(enforced).toBe(because);
      else expect(enforced).toBeDefined();
      seen.set(because ?? "allowed", (seen.get(because ?? "allowed") ?? 0) + 1);
    }),
    { numRuns: caseCount },
  );
  // A generator that never came to one of them would prove nothing of it.
  const codes =
    "allowed token_expired not_yet_valid condition_time condition_address rate_limited token_exhausted scope_missing owner_lacks_permission";
  for (const code of codes.split(" "))
    expect(seen.get(code) ?? 0, code).toBeGreaterThan(caseCount / 500);
});
