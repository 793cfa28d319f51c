import { randomUUID } from "node:crypto";
import { formatToken, secretBytes } from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemActor } from "../../../access/actor.ts";
import { onEveryDatabase, onOneDatabase } from "../../../testing/on-every-database.ts";
import { withOtherLastLetter } from "../../../testing/other-last-letter.ts";
import { noSecretUses } from "../../../testing/secret-uses.ts";
import { isSoak } from "../../../testing/soak.ts";
import { requireStatus, startApp, type TestApp } from "../../../testing/start-app.ts";
import { createIdentifyToken, maximumRefusedIds } from "./identify.ts";
import { mintToken } from "./token-secret.ts";
import { insertToken } from "./token-store.ts";

onEveryDatabase("proving tokens", (kind) => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp(kind);
  });
  afterAll(() => server.close());

  const given = (epoch?: () => number | undefined) => countReads(server, epoch);

  test("an id that no token has is read once a minute, however often it is presented", async () => {
    const { counted, codeOf } = given();
    const { text } = mintToken(randomUUID(), server.deps);
    for (let times = 0; times < 10; times += 1) {
      expect(await codeOf(text)).toBe("unauthenticated");
    }
    expect(counted.reads).toBe(1);
    server.clock.now += 60_000;
    await codeOf(text);
    expect(counted.reads).toBe(2);
  });

  test("a token is good at once though its id was unknown a moment ago", async () => {
    const { codeOf } = given();
    const { deps } = server;
    const user = await server.newUser();
    const id = randomUUID();
    const { text, ...minted } = mintToken(id, deps);
    expect(await codeOf(text)).toBe("unauthenticated");
    await deps.hub.change(systemActor, async ({ trx, touch }) => {
      await insertToken(
        trx,
        {
          id,
          user_id: user.id,
          name: "ci",
          name_key: "ci",
          issued_at: deps.clock(),
          expires_at: deps.clock() + 60_000,
          lifetime: 60_000,
        },
        { ...minted, id: randomUUID() },
      );
      touch("token", id);
    });
    expect(await codeOf(text)).toBe("good");
  });

  test("secrets that are tried of one token are hardly read for, however many there are, and the right one is good", async () => {
    const { counted, codeOf } = given();
    const domainId = await server.newDomain(server.admin);
    const { id, secret } = await server.newToken(server.admin, domainId, []);
    const guesses = 300;
    for (let guess = 0; guess < guesses; guess += 1) {
      expect(await codeOf(mintToken(id, server.deps).text)).toBe("unauthenticated");
    }
    // On a busy machine a heartbeat may be late, and then it is read again.
    expect(counted.reads).toBeLessThan(guesses / 10);
    expect(await codeOf(secret)).toBe("good");
    requireStatus(await server.admin.call("PATCH", `/pats/${id}/secret/revoke`), 204);
    expect(await codeOf(secret)).toBe("token_revoked");
    const reset = await server.admin.call("PATCH", `/pats/${id}/secret/reset`, { duration: "1h" });
    const { secret: next } = requireStatus(reset, 200);
    expect([await codeOf(secret), await codeOf(next)]).toEqual(["secret_rotated", "good"]);
  });

  test("a wrong secret hides nothing of what happens to the token's owner", async () => {
    const { codeOf } = given();
    const user = await server.newUser();
    const { id, secret } = await server.newToken(user, await server.newDomain(user), []);
    const guess = () => codeOf(mintToken(id, server.deps).text);
    expect([await guess(), await codeOf(secret)]).toEqual(["unauthenticated", "good"]);
    await guess();
    requireStatus(await server.admin.call("POST", `/users/${user.id}/disable`), 200);
    expect([await codeOf(secret), await guess()]).toEqual(["owner_disabled", "unauthenticated"]);
  });

  test("nothing is known to be unknown while other servers' changes may be missed", async () => {
    const { counted, codeOf } = given(() => undefined);
    const { text } = mintToken(randomUUID(), server.deps);
    for (let times = 0; times < 3; times += 1) await codeOf(text);
    expect(counted.reads).toBe(3);
  });
});

const malformed = isSoak ? 100_000 : 2_000;
/** More than are kept. */
const unknown = isSoak ? 100_000 : maximumRefusedIds + 1_000;

onOneDatabase("a flood of tokens", (kind) => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp(kind);
  });
  afterAll(() => server.close());

  const textOf = (id: string) =>
    formatToken(server.deps.config.token_prefix, id, new Uint8Array(secretBytes));
  const ids = Array.from({ length: unknown }, () => randomUUID());

  test(`of ${malformed} malformed ones reads nothing`, { timeout: 600_000 }, async () => {
    const { counted, codeOf } = countReads(server);
    for (const id of ids.slice(0, malformed)) {
      const text = textOf(id);
      const wrongChecksum = withOtherLastLetter(text);
      for (const none of [wrongChecksum, text.slice(0, -1)]) {
        expect(await codeOf(none)).toBe("unauthenticated");
      }
    }
    expect(counted.reads).toBe(0);
  });

  test(`of ${unknown} unknown ones reads each once, and keeps only the newest ${maximumRefusedIds}`, {
    timeout: 600_000,
  }, async () => {
    const { counted, codeOf } = countReads(server);
    for (const id of ids) expect(await codeOf(textOf(id))).toBe("unauthenticated");
    expect(counted.reads).toBe(unknown);
    for (const id of ids.slice(-maximumRefusedIds)) await codeOf(textOf(id));
    expect(counted.reads).toBe(unknown);
    for (const id of ids.slice(0, 100)) await codeOf(textOf(id));
    expect(counted.reads).toBe(unknown + 100);
  });
});

/** The function under test, and how often it has read a token by its id. */
function countReads({ deps }: TestApp, epoch = deps.hub.epoch) {
  const counted = { reads: 0 };
  const counting: typeof deps = {
    ...deps,
    hub: { ...deps.hub, epoch },
    database: {
      ...deps.database,
      preparedRead: (statement) => {
        const read = deps.database.preparedRead<never>(statement);
        return (parameters) => {
          counted.reads += 1;
          return read(parameters);
        };
      },
    },
  };
  const identify = createIdentifyToken(counting, noSecretUses);
  const codeOf = (text: string) =>
    identify(text, "192.0.2.1").then(
      () => "good",
      (error) => error.code,
    );
  return { counted, codeOf };
}
