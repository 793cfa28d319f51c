import { randomBytes, randomUUID } from "node:crypto";
import { createCatalogue } from "@tessera/contract";
import { pino } from "pino";
import { expect, test } from "vitest";
import { systemActor } from "../../../access/actor.ts";
import { ConfigError, parseConfig } from "../../../config.ts";
import type { Deps } from "../../../deps.ts";
import { deriveKeys } from "../../../keys.ts";
import { type Database, openDatabase } from "../../../store/database.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { startApp } from "../../../testing/start-app.ts";
import { openTestPostgres } from "../../../testing/test-databases.ts";
import { openTestHub } from "../../../testing/test-hub.ts";
import { verifyPassword } from "../passwords/password-hash.ts";
import { createFirstAdmin } from "./first-admin.ts";

const depsFor = async (
  database: Database,
  environment: Readonly<Record<string, string>> = {},
): Promise<Deps> => ({
  config: parseConfig(environment),
  catalogue: createCatalogue(),
  database,
  hub: await openTestHub(database),
  keys: deriveKeys("kV7zT2wM9dH4 keys that tests sign by"),
  clock: Date.now,
  randomBytes,
  newId: randomUUID,
  log: pino({ level: "silent" }),
});

const readUsers = (database: Database) => database.read.selectFrom("users").selectAll().execute();

onEveryDatabase("the first administrator", (kind) => {
  test("is made once, with a strong password that can be typed", async () => {
    const { database, close } = await kind.open();
    const deps = await depsFor(database);
    const made = await createFirstAdmin(deps);
    expect(made).toMatchObject({ email: "admin@tessera.local", generated: true });
    expect(made?.password).toMatch(/^([a-km-np-z2-9]{5}-){3}[a-km-np-z2-9]{5}$/);
    expect(await createFirstAdmin(deps)).toBeUndefined();
    const [admin, ...others] = await readUsers(database);
    expect(others).toEqual([]);
    expect(admin).toMatchObject({
      username: "admin",
      role: "admin",
      status: "enabled",
      password_is_initial: 1,
    });
    expect(await verifyPassword(admin?.password_hash, made?.password ?? "")).toBe(true);
    const events = await database.read.selectFrom("audit_events").selectAll().execute();
    expect(events).toMatchObject([{ actor_kind: "system", action: "users.register" }]);
    await close();
  });

  test("has the email and the password of the settings, which nobody is asked to change", async () => {
    const { database, close } = await kind.open();
    const deps = await depsFor(database, {
      TESSERA_ADMIN_EMAIL: "Boss@example.test",
      TESSERA_ADMIN_PASSWORD: "chosen-by-the-operator",
    });
    expect(await createFirstAdmin(deps)).toEqual({
      email: "Boss@example.test",
      password: "chosen-by-the-operator",
      generated: false,
    });
    const [admin] = await readUsers(database);
    expect(admin?.password_is_initial).toBe(0);
    await close();
  });

  test.each([
    ["password1", /^TESSERA_ADMIN_PASSWORD is one of the most common/],
    ["admin-26", /^TESSERA_ADMIN_PASSWORD must not be the username/],
  ])("is not made with the password %j, and the start says why", async (password, message) => {
    const { database, close } = await kind.open();
    const deps = await depsFor(database, { TESSERA_ADMIN_PASSWORD: password });
    await expect(createFirstAdmin(deps)).rejects.toThrow(ConfigError);
    await expect(createFirstAdmin(deps)).rejects.toThrow(message);
    expect(await readUsers(database)).toEqual([]);
    await close();
  });

  test("has an initial password only until it is changed, of which only they are told", async () => {
    const testApp = await startApp(kind);
    const { deps, admin, nobody } = testApp;
    const before = await nobody.call("GET", "/instance");
    expect(JSON.stringify(before.body)).not.toContain("initial");
    await deps.hub.change(systemActor, ({ trx }) =>
      trx.updateTable("users").set({ password_is_initial: 1 }).execute(),
    );
    expect((await nobody.call("GET", "/instance")).body).toEqual(before.body);
    expect((await admin.call("GET", "/users/profile")).body.password_is_initial).toBe(true);
    const body = { old_secret: admin.password, new_secret: "a-better-one" };
    const changed = await admin.call("PATCH", "/users/secret", body);
    expect(changed.body.password_is_initial).toBe(false);
    await testApp.close();
  });
});

test("two processes that start at once make one administrator between them", async () => {
  const { database, options, close } = await openTestPostgres();
  const other = await openDatabase(options);
  const both = [await depsFor(database), await depsFor(other)];
  const made = await Promise.all(both.map((deps) => createFirstAdmin(deps)));
  expect(made.filter((admin) => admin !== undefined)).toHaveLength(1);
  expect(await readUsers(database)).toHaveLength(1);
  await other.close();
  await close();
});
