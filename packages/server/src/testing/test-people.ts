import { randomUUID } from "node:crypto";
import { type Caller, requireStatus, type TestApp, type TestUser } from "./start-app.ts";

/** A new user who has those actions in the domain by a role on it; without `update` or the like, `read` makes one a member. */
export async function newMember(
  server: TestApp,
  owner: Caller,
  domainId: string,
  actions: readonly string[] = ["read"],
): Promise<TestUser> {
  const user = await server.newUser();
  await giveRole(owner, `/domains/${domainId}`, user, actions);
  return user;
}

/** Gives the user a role of its own on the object at that path; returns the role's id. */
export async function giveRole(
  owner: Caller,
  path: string,
  user: TestUser,
  actions: readonly string[],
  roleName = `role ${randomUUID()}`,
): Promise<string> {
  const made = await owner.call("POST", `${path}/roles`, {
    role_name: roleName,
    optional_actions: actions,
    optional_members: [user.id],
  });
  return requireStatus(made, 201).id;
}
