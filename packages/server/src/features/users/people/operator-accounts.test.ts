import { expect, test } from "vitest";
import { openDatabase } from "../../../store/database.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { startApp, type TestApp } from "../../../testing/start-app.ts";
import { openTestHub } from "../../../testing/test-hub.ts";
import { createAdmin, resetPassword } from "./operator-accounts.ts";

onEveryDatabase("an account that the operator opens beside the running server", (kind) => {
  /** As a command on the same machine has them, in a process of its own. */
  const openBeside = async ({ deps, testDatabase }: TestApp) => {
    const database = await openDatabase({ ...testDatabase.options, isBesideServer: true });
    return { ...deps, database, hub: await openTestHub(database) };
  };

  test("has a new password, and no session of the old one goes on", async () => {
    const server = await startApp(kind);
    const { admin, nobody } = server;
    expect((await admin.call("GET", "/users/profile")).status).toBe(200);
    const beside = await openBeside(server);
    const { password, ...account } = await resetPassword(beside, "ADMIN");
    expect(account).toEqual({ username: "admin", email: admin.email, status: "enabled" });
    await expect.poll(async () => (await admin.call("GET", "/users/profile")).status).toBe(401);
    const old = { username: "admin", password: admin.password };
    expect((await nobody.call("POST", "/users/tokens/issue", old)).status).toBe(401);
    const again = await server.signIn("admin", password);
    const profile = await again.call("GET", "/users/profile");
    expect(profile.body.password_is_initial).toBe(true);
    const events = await server.deps.database.read
      .selectFrom("audit_events")
      .selectAll()
      .where("action", "=", "users.reset_password_on_machine")
      .execute();
    expect(events).toMatchObject([{ actor_kind: "system", entity_id: admin.id }]);
    await beside.database.close();
    await server.close();
  });

  test("may be one more administrator, whom the server knows at once", async () => {
    const server = await startApp(kind);
    const beside = await openBeside(server);
    const made = await createAdmin(beside, { username: "boss", email: "boss@example.test" });
    const boss = await server.signIn("boss", made.password);
    expect((await boss.call("GET", "/users")).status).toBe(200);
    await beside.database.close();
    await server.close();
  });

  test("is not opened under a name that nobody has, that is taken, or that is none; nothing changes", async () => {
    const server = await startApp(kind);
    const { admin, deps } = server;
    const beside = await openBeside(server);
    await expect(resetPassword(beside, "nobody")).rejects.toThrow("There is no user nobody");
    const create = (username: string, email: string) => createAdmin(beside, { username, email });
    await expect(create("Admin", "x@example.test")).rejects.toThrow("This username is taken");
    await expect(create("other", admin.email)).rejects.toThrow(/registered already/);
    await expect(create("a b", "x@example.test")).rejects.toThrow(/^username: must be 1 to 32/);
    await expect(create("other", "nowhere")).rejects.toThrow(/^email: must be an email address/);
    expect((await admin.call("GET", "/users/profile")).status).toBe(200);
    const { read } = deps.database;
    expect(await read.selectFrom("users").select("username").execute()).toHaveLength(1);
    await beside.database.close();
    await server.close();
  });
});
