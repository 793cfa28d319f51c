import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemActor } from "../../../access/actor.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { startApp, type TestApp } from "../../../testing/start-app.ts";
import { createIdentifyToken } from "./identify.ts";
import { mintToken } from "./token-secret.ts";
import { insertToken } from "./token-store.ts";

onEveryDatabase("proving tokens", (kind) => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp(kind);
  });
  afterAll(() => server.close());

  /** The function under test, and how often it has read a token by its id. */
  const given = (epoch = server.deps.hub.epoch) => {
    const counted = { reads: 0 };
    const identify = createIdentifyToken({
      ...server.deps,
      hub: { ...server.deps.hub, epoch },
      database: {
        ...server.deps.database,
        preparedRead: (statement) => {
          const read = server.deps.database.preparedRead<never>(statement);
          return (parameters) => {
            counted.reads += 1;
            return read(parameters);
          };
        },
      },
    });
    const codeOf = (text: string) =>
      identify(text).then(
        () => "good",
        (error) => error.code,
      );
    return { counted, codeOf };
  };

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
    const { text, digest, keyVersion } = mintToken(id, deps);
    expect(await codeOf(text)).toBe("unauthenticated");
    await deps.hub.change(systemActor, async ({ trx, touch }) => {
      await insertToken(trx, {
        id,
        user_id: user.id,
        name: "ci",
        name_key: "ci",
        digest,
        key_version: keyVersion,
        issued_at: deps.clock(),
        expires_at: deps.clock() + 60_000,
      });
      touch("token", id);
    });
    expect(await codeOf(text)).toBe("good");
  });

  test("nothing is known to be unknown while other servers' changes may be missed", async () => {
    const { counted, codeOf } = given(() => undefined);
    const { text } = mintToken(randomUUID(), server.deps);
    for (let times = 0; times < 3; times += 1) await codeOf(text);
    expect(counted.reads).toBe(3);
  });
});
