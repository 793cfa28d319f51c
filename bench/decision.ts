import { createHmac } from "node:crypto";
import { createCatalogue } from "@tessera/contract";
import type { FastifyRequest } from "fastify";
import { keysOfPrincipal } from "../packages/server/src/access/change-key.ts";
import { remember } from "../packages/server/src/changes/remembered.ts";
import { createIdentifyToken } from "../packages/server/src/features/tokens/lifecycle/identify.ts";
import { createAuthenticate } from "../packages/server/src/http/authenticate.ts";
import { decideOn } from "../packages/server/src/http/guard.ts";
import { createAuthorityLoader } from "../packages/server/src/rights/authority.ts";
import { noSecretUses } from "../packages/server/src/testing/secret-uses.ts";
import { requireStatus, startApp } from "../packages/server/src/testing/start-app.ts";
import { openTestSqlite } from "../packages/server/src/testing/test-databases.ts";
import { nanosecondsPerCall, printRow } from "./measure.ts";

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
  const guard = { loadAuthority: createAuthorityLoader(deps), clock, onDecision: () => {} };
  const row = createCatalogue().findOperation("clients.view");
  if (row === undefined) throw new Error("no such operation");
  const target = { domainId, entityType: "clients", entityId: client.id as string };

  const circumstances = { address: "127.0.0.1", via: "route" } as const;

  const principal = await authenticate(request);
  const decision = await decideOn({ principal, row, target, circumstances }, guard);
  if (!decision.allowed) throw new Error(`the bench is wrong: ${decision.because}`);

  const hmacKey = Buffer.alloc(32, 7);
  const hmac = nanosecondsPerCall(() =>
    createHmac("sha256", hmacKey).update(token.secret).digest(),
  );
  const knowing = nanosecondsPerCall(() => authenticate(request));
  const deciding = nanosecondsPerCall(() =>
    decideOn({ principal, row, target, circumstances }, guard),
  );
  const both = nanosecondsPerCall(() => {
    const known = authenticate(request);
    if (known instanceof Promise) throw new Error("the token was not known");
    return decideOn({ principal: known, row, target, circumstances }, guard);
  });
  console.log("\nOne warm decision, in the process");
  printRow("HMAC-SHA-256 of the token, for comparison", hmac, "ns", "", 0);
  printRow("knowing a token that was proven before", knowing, "ns", "", 0);
  printRow("deciding: scope ∩ owner's rights", deciding, "ns", "", 0);
  printRow("both", both, "ns", `${(both / hmac).toFixed(2)} of the HMAC`, 0);
  await testApp.close();
}
