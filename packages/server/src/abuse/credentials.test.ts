import { type Endpoint, isOpen } from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type AttackStage,
  attackedOn,
  everyEndpoint,
  mightyToken,
  openAttackStage,
  type Prepared,
  prepareAll,
  send,
} from "../testing/attack-stage.ts";
import { forgedSessions, forgedTokens } from "../testing/forged-tokens.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { isOnTurn } from "../testing/soak.ts";
import { type Caller, requireStatus } from "../testing/start-app.ts";

const serviceSecret = "pT7vXk2mQ9sLw4nB8cRy1hZd6fGj3aUe";
const guarded = everyEndpoint.filter(({ access }) => !isOpen(access));
/** What a personal access token opens: operations, and what it may ask about itself. */
const isForTokens = ({ access }: Endpoint) =>
  ["operation", "bearer", "token_self"].includes(access.kind);

onEveryDatabase("credentials", (kind) => {
  const tried = attackedOn(kind, guarded, 4);
  const sessionsOnly = attackedOn(
    kind,
    guarded.filter((endpoint) => !isForTokens(endpoint)),
  );
  const tokensOnly = guarded.filter(({ access }) => access.kind === "token_self");
  let stage: AttackStage;
  let forged: readonly (readonly [string, string])[];
  let mighty: readonly (readonly [string, Caller])[];
  const requests = new Map<string, Prepared>();

  beforeAll(async () => {
    stage = await openAttackStage(kind, {
      environment: { TESSERA_SERVICE_CREDENTIALS: `gateway=${serviceSecret}` },
    });
    const { testApp, world } = stage;
    const rows = new Set([...tried, ...sessionsOnly, ...tokensOnly]);
    for (const one of await prepareAll([...rows], world, testApp)) {
      requests.set(one.endpoint.id, one);
    }
    forged = await forgeAll(stage);
    const { domainId, otherDomainId, owner } = world;
    mighty = [
      ["its owner's token", await mightyToken(stage, owner, [domainId, otherDomainId])],
      ["an administrator's token", await mightyToken(stage, testApp.admin, [domainId])],
    ];
  });
  afterAll(() => stage.testApp.close());
  const requestOf = ({ id }: Endpoint): Prepared => {
    const found = requests.get(id);
    if (found === undefined) throw new Error(`${id} was not prepared`);
    return found;
  };

  test.each(tried.map((endpoint) => [endpoint.id, endpoint] as const))(
    "%s is refused to every forged, mangled, foreign and wrongly used credential",
    async (_, endpoint) => {
      const { testApp } = stage;
      const answered = await stage.changeNothing(
        forged.flatMap(([told, credential], index) => {
          const inHeader = {
            told,
            send: () => send(requestOf(endpoint), testApp.bearer(credential)),
          };
          const inCookie = {
            told: `${told}, in a cookie`,
            send: () => send(requestOf(endpoint), testApp.nobody, asCookie(credential)),
          };
          return isOnTurn(index, 2) ? [inHeader, inCookie] : [inHeader];
        }),
      );
      const refused = answered.map(({ told }) => [told, 401, "unauthenticated"]);
      expect(
        answered.map(({ told, answer }) => [told, answer.status, codeOf(answer.body)]),
      ).toEqual(refused);
    },
  );

  test.each(sessionsOnly.map((endpoint) => [endpoint.id, endpoint] as const))(
    "%s is refused to tokens with every scope, an administrator's too",
    async (_, endpoint) => {
      const answered = await stage.changeNothing(
        mighty.map(([told, caller]) => ({
          told,
          send: () => send(requestOf(endpoint), caller),
        })),
      );
      for (const { told, answer } of answered) {
        expect([answer.status, codeOf(answer.body)], told).toEqual([403, "session_required"]);
      }
    },
  );

  test.each(tokensOnly.map((endpoint) => [endpoint.id, endpoint] as const))(
    "%s is refused to sessions, an administrator's too",
    async (_, endpoint) => {
      const { testApp, world } = stage;
      const answered = await stage.changeNothing(
        [world.owner, testApp.admin].map((caller) => ({
          told: "a session",
          send: () => send(requestOf(endpoint), caller),
        })),
      );
      for (const { answer } of answered) {
        expect([answer.status, codeOf(answer.body)]).toEqual([403, "token_required"]);
      }
    },
  );
});

const asCookie = (credential: string) => ({
  cookie: `tessera_access=${credential}`,
  "x-tessera-csrf": "1",
});
const codeOf = (body: unknown) => (body as { readonly code?: string } | undefined)?.code;

/** Credentials that open nothing here, those among them that open something else. */
async function forgeAll(stage: AttackStage): Promise<readonly (readonly [string, string])[]> {
  const { testApp, world } = stage;
  const { owner, domainId } = world;
  const { secret } = await testApp.newToken(owner, domainId, ["clients:view:*"]);
  const deleted = await testApp.newToken(owner, domainId, ["clients:view:*"]);
  requireStatus(await owner.call("DELETE", `/pats/${deleted.id}`), 204);
  const feed = requireStatus(await testApp.admin.call("POST", "/calendar/feed"), 201);
  const linkPath = `/users/${world.invited.id}/reset-link`;
  const link = requireStatus(await testApp.admin.call("POST", linkPath), 201);
  const client = { name: "with a secret", credentials: { secret: "the secret of a client" } };
  requireStatus(await owner.call("POST", `/${domainId}/clients`, client), 201);
  const others = {
    "a refresh token": owner.refreshToken,
    "an administrator's refresh token": testApp.admin.refreshToken,
    "a deleted token": deleted.secret,
    "the secret of a service": serviceSecret,
    "the secret of a client": "the secret of a client",
    "the address of a calendar": String(feed.address).split("/").at(-1) ?? "",
    "the link to a new password": link.token,
    "the password": owner.password,
    "the user's id": owner.id,
  };
  return Object.entries({
    ...forgedTokens(secret),
    ...forgedSessions(testApp.admin, testApp),
    ...others,
  });
}
