import { createHmac } from "node:crypto";
import { type Conditions, createCatalogue, maximumCount, weekdays } from "@tessera/contract";
import type { FastifyRequest } from "fastify";
import { keysOfPrincipal } from "../packages/server/src/access/change-key.ts";
import { remember } from "../packages/server/src/changes/remembered.ts";
import { compileConditions } from "../packages/server/src/features/tokens/conditions/compile-conditions.ts";
import { createSpendUse } from "../packages/server/src/features/tokens/conditions/use-limits.ts";
import { createIdentifyToken } from "../packages/server/src/features/tokens/lifecycle/identify.ts";
import { createAuthenticate } from "../packages/server/src/http/authenticate.ts";
import { decideOn } from "../packages/server/src/http/guard.ts";
import { andThen } from "../packages/server/src/http/maybe-promise.ts";
import { createAuthorityLoader } from "../packages/server/src/rights/authority.ts";
import { noSecretUses } from "../packages/server/src/testing/secret-uses.ts";
import { requireStatus, startApp } from "../packages/server/src/testing/start-app.ts";
import { openTestSqlite } from "../packages/server/src/testing/test-databases.ts";
import { nanosecondsInTurns, nanosecondsPerCall, printRow } from "./measure.ts";

/** As many as there are, all of them met. */
const allConditions = {
  addresses: {
    allow: ["127.0.0.0/8", ...Array.from({ length: 31 }, (_, index) => `10.${index}.0.0/16`)],
    deny: Array.from({ length: 32 }, (_, index) => `192.0.${index}.0/24`),
  },
  not_before: "2026-01-01T00:00:00Z",
  weekly: {
    timezone: "Europe/Berlin",
    windows: [{ days: [...weekdays], from: "00:00", to: "24:00" }],
  },
  max_uses: maximumCount.limitedUses,
} satisfies Conditions;

/** What it costs to know a token and to decide, in the process, once both are warm. */
export async function benchDecision(): Promise<void> {
  const testApp = await startApp(
    { name: "SQLite", open: openTestSqlite },
    { environment: { TESSERA_LOG_LEVEL: "silent" } },
  );
  const { deps, admin } = testApp;
  const domainId = await testApp.newDomain(admin);
  const client = requireStatus(
    await admin.call("POST", `/${domainId}/clients`, { name: "p" }),
    201,
  );
  const owner = await testApp.newUser();
  const role = { role_name: "r", optional_actions: ["client_read"], optional_members: [owner.id] };
  requireStatus(await admin.call("POST", `/domains/${domainId}/roles`, role), 201);
  const others = Array.from({ length: 20 }, () => `clients:view:${deps.newId()}`);
  const scopes = [...others, `clients:view:${client.id}`];
  const token = await testApp.newToken(owner, domainId, scopes);

  const authorization = `Bearer ${token.secret}`;
  const request = {
    method: "GET",
    headers: { authorization },
    raw: { rawHeaders: ["Host", "localhost", "Authorization", authorization] },
    cookies: {},
  } as unknown as FastifyRequest;
  const clock = () => Date.now();
  const authenticate = createAuthenticate({
    isSecure: () => false,
    tokenPrefix: deps.config.token_prefix,
    identifyToken: createIdentifyToken(deps, noSecretUses),
    identifySession: () => Promise.reject(new Error("no session here")),
    principals: remember(deps.hub, { maximumEntries: 1000, keysOf: keysOfPrincipal }),
    clock,
    onCacheLookup: () => {},
  });
  const guard = { loadAuthority: createAuthorityLoader(deps).load, clock, onDecision: () => {} };
  const row = createCatalogue().findOperation("clients.view");
  if (row === undefined) throw new Error("no such operation");
  const target = { domainId, entityType: "clients", entityId: client.id as string };

  const circumstances = { address: "127.0.0.1", via: "route" } as const;

  const principal = await authenticate(request);
  const decision = await decideOn({ principal, row, target, circumstances }, guard);
  if (!decision.allowed) throw new Error(`the bench is wrong: ${decision.because}`);
  if (principal.kind !== "token") throw new Error("the bench is wrong: no token");
  // More than are used here, so that nothing waits for a database or for the time.
  const plenty = 1_000_000_000;
  const rate = { limit: plenty, perMilliseconds: 1000 };
  const conditioned = {
    ...principal,
    conditions: { ...compileConditions(allConditions), rate },
  };
  const spendUse = createSpendUse({ clock, reserveUses: async () => plenty });
  const spendAndDecide = (address: string) => {
    const asking = { address, via: "route" } as const;
    return andThen(spendUse(conditioned, address, address), (spending) =>
      decideOn(
        { principal: conditioned, row, target, circumstances: { ...asking, spending } },
        guard,
      ),
    );
  };
  const met = await spendAndDecide("127.0.0.1");
  if (!met.allowed) throw new Error(`the bench is wrong: ${met.because}`);

  const hmacKey = Buffer.alloc(32, 7);
  const hmac = nanosecondsPerCall(() =>
    createHmac("sha256", hmacKey).update(token.secret).digest(),
  );
  const knowing = nanosecondsPerCall(() => authenticate(request));
  const both = nanosecondsPerCall(() => {
    const known = authenticate(request);
    if (known instanceof Promise) throw new Error("the token was not known");
    return decideOn({ principal: known, row, target, circumstances }, guard);
  });
  let turn = 0;
  const { deciding, withConditions, fromMany } = nanosecondsInTurns({
    deciding: () => decideOn({ principal, row, target, circumstances }, guard),
    withConditions: () => spendAndDecide("127.0.0.1"),
    fromMany: () => {
      turn += 1;
      return spendAndDecide(turn % 2 === 0 ? "127.0.0.1" : "10.1.2.3");
    },
  });
  console.log("\nOne warm decision, in the process");
  printRow("HMAC-SHA-256 of the token, for comparison", hmac, "ns", "", 0);
  printRow("knowing a token that was proven before", knowing, "ns", "", 0);
  printRow("deciding: scope ∩ owner's rights", deciding, "ns", "", 0);
  const more = (nanoseconds: number) => `${Math.round(nanoseconds - deciding)} ns more`;
  printRow("deciding, with all conditions", withConditions, "ns", more(withConditions), 0);
  printRow("the same, from two addresses in turns", fromMany, "ns", more(fromMany), 0);
  printRow("both", both, "ns", `${(both / hmac).toFixed(2)} of the HMAC`, 0);
  await testApp.close();
}
