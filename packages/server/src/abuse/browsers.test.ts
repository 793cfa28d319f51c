import { isOpen } from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type AttackStage,
  attackedOn,
  everyEndpoint,
  openAttackStage,
  type Prepared,
  prepareAll,
} from "../testing/attack-stage.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { requireStatus, type TestResponse, type TestUser } from "../testing/start-app.ts";

const csrf = { "x-tessera-csrf": "1" };
const origin = "https://evil.example";

/** What a browser can be made to send by another site's page: the header that Tessera asks for is not among it. */
const foreignPages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "a form": { "content-type": "application/x-www-form-urlencoded", origin },
  "a form with files": { "content-type": "multipart/form-data; boundary=x", origin },
  "a form of plain text": { "content-type": "text/plain", origin },
  "a page without an origin": { "content-type": "application/json", origin: "null" },
  "a page that knows the header": { ...csrf, origin, "sec-fetch-site": "cross-site" },
  "a page of the same site": { ...csrf, origin, "sec-fetch-site": "same-site" },
  "a bookmark": { ...csrf, "sec-fetch-site": "none" },
  "a header in other words": { "x-csrf-token": "1", "x-requested-with": "XMLHttpRequest", origin },
};

onEveryDatabase("a browser that is signed in", (kind) => {
  const rows = everyEndpoint.filter(
    ({ id, access, method }) =>
      method !== "GET" &&
      access.kind !== "token_self" &&
      (!isOpen(access) || id.startsWith("web_session.")),
  );
  const tried = attackedOn(kind, rows, 4);
  let stage: AttackStage;
  const cookies = new Map<string, string>();
  const requests = new Map<string, Prepared>();

  beforeAll(async () => {
    stage = await openAttackStage(kind);
    const { testApp, world } = stage;
    for (const one of await prepareAll(tried, world, testApp)) requests.set(one.endpoint.id, one);
    for (const user of [world.owner, testApp.admin]) {
      cookies.set(user.authorization ?? "", await signInWithBrowser(stage, user));
    }
  });
  afterAll(() => stage.testApp.close());
  const ownersOwn = () => stage.world.owner.authorization ?? "";

  test.each(tried.map((endpoint) => [endpoint.id, endpoint] as const))(
    "is made to send %s by no page of another site",
    async (id, { method }) => {
      const { testApp, world } = stage;
      const { path, body, caller, headers } = requests.get(id) ?? {};
      const cookie =
        headers?.cookie ??
        cookies.get(caller?.authorization ?? "") ??
        cookies.get(world.owner.authorization ?? "") ??
        "";
      const answered = await stage.changeNothing(
        Object.entries(foreignPages).map(([told, page]) => ({
          told,
          send: () => testApp.nobody.call(method, path ?? "", body ?? "{}", { ...page, cookie }),
        })),
      );
      for (const { told, answer } of answered) {
        const { code } = answer.body as { readonly code: string };
        // Signing in is asked for by nobody yet: there the form is refused for what it is.
        const isForm = answer.status === 415 && id === "web_session.sign_in";
        if (!isForm) expect([answer.status, code], told).toEqual([403, "csrf_refused"]);
        expect(
          Object.keys(answer.headers).filter((name) => name.startsWith("access-control")),
        ).toEqual([]);
      }
    },
  );

  test.each(
    tried
      .filter(({ id }) => !["web_session.sign_in", "web_session.refresh"].includes(id))
      .map((endpoint) => [endpoint.id, endpoint] as const),
  )("sends %s for no page of somebody who was signed in before", async (id, { method }) => {
    const { testApp, world } = stage;
    const { path, body, caller, headers } = requests.get(id) ?? {};
    const owner = caller?.authorization ?? world.owner.authorization ?? "";
    const cookie = headers?.cookie ?? cookies.get(owner) ?? cookies.get(ownersOwn()) ?? "";
    const before = { ...csrf, cookie, "x-tessera-person": "00000000-0000-4000-8000-000000000000" };
    const answered = await stage.changeNothing([
      { told: id, send: () => testApp.nobody.call(method, path ?? "", body ?? "{}", before) },
    ]);
    for (const { answer } of answered) {
      const { code } = answer.body as { readonly code: string };
      expect([answer.status, code], answer.failure).toEqual([403, "other_person"]);
    }
  });

  test("shows a page what its person may see, and nobody else's page anything", async () => {
    const { testApp, world } = stage;
    const cookie = cookies.get(ownersOwn()) ?? "";
    const asked = async (person: string) => {
      const named = { cookie, "x-tessera-person": person };
      return (await testApp.nobody.call("GET", "/users/profile", undefined, named)).status;
    };
    expect(await asked(world.owner.id)).toBe(200);
    expect(await asked(testApp.admin.id)).toBe(403);
  });

  test("lets no page of another site read any address, nor ask whether it may", async () => {
    const { testApp, world } = stage;
    const cookie = cookies.get(world.owner.authorization ?? "") ?? "";
    await stage.changeNothing(
      everyEndpoint.map(({ id, path }) => ({
        told: id,
        send: async () => {
          const url = path
            .replace(":domainId", world.domainId)
            .replace(":id", world.client)
            .replace(/:\w+/g, world.owner.id);
          const asked = { origin, "access-control-request-method": "POST", cookie };
          const answers = [
            await testApp.nobody.call("OPTIONS", url, undefined, asked),
            await testApp.nobody.call("GET", url, undefined, { origin, cookie }),
          ];
          for (const { headers } of answers) {
            expect(headers["access-control-allow-origin"], id).toBeUndefined();
            expect(headers["access-control-allow-credentials"], id).toBeUndefined();
          }
          return answers[0] as TestResponse;
        },
      })),
    );
  });

  test("is given a session of its own, whatever session somebody has planted in it", async () => {
    const { testApp, world } = stage;
    const planter = await testApp.newUser();
    const planted = await signInWithBrowser(stage, planter);
    const signedIn = await signInWithBrowser(stage, world.owner, planted);
    const profile = async (cookie: string) =>
      requireStatus(await testApp.nobody.call("GET", "/users/profile", undefined, { cookie }), 200)
        .id;
    expect(await profile(planted)).toBe(planter.id);
    expect(await profile(signedIn)).toBe(world.owner.id);
    const plantedParts = new Set(planted.split("; "));
    expect(signedIn.split("; ").filter((part) => plantedParts.has(part))).toEqual([]);
  });

  test("is nobody with another bearer, or with the cookie under another name", async () => {
    const { testApp, world } = stage;
    const cookie = cookies.get(world.owner.authorization ?? "") ?? "";
    const renamed = ["__Host-", "__Secure-", "Tessera_", "$Version=1; ", "tessera_access=x; "];
    const cookiesThatAreNone = renamed.map((start) =>
      start.endsWith("; ")
        ? start + cookie.replace("tessera_access", "Tessera_access")
        : cookie.replaceAll("tessera_", `${start}tessera_`),
    );
    const answered = await stage.changeNothing([
      {
        told: "a bearer that is none",
        send: () => testApp.bearer("x").call("GET", "/users/profile", undefined, { cookie }),
      },
      ...cookiesThatAreNone.map((told) => ({
        told,
        send: () => testApp.nobody.call("GET", "/users/profile", undefined, { cookie: told }),
      })),
    ]);
    for (const { told, answer } of answered) expect(answer.status, told).toBe(401);
  });
});

/** The cookies of a new session, as a browser sends them back. */
async function signInWithBrowser(
  { testApp }: AttackStage,
  { username, password }: TestUser,
  cookie?: string,
): Promise<string> {
  const had = cookie === undefined ? {} : { cookie };
  const body = { username, password };
  const answer = await testApp.nobody.call("POST", "/session", body, { ...csrf, ...had });
  requireStatus(answer, 201);
  return [answer.headers["set-cookie"] ?? []]
    .flat()
    .map((line) => line.split(";", 1)[0])
    .join("; ");
}
