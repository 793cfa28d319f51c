import { randomUUID } from "node:crypto";
import { call } from "./call.ts";

/** Somebody who is signed in. */
export interface Person {
  readonly id: string;
  readonly session: string;
}

/** What a token may do: view one client. */
export interface Right {
  readonly secret: string;
  readonly domainId: string;
  readonly clientId: string;
}

/** Takes the right away, through the server at that address; resolves once that server has said so. */
export type TakeAway = (url: string) => Promise<void>;

export interface World {
  /** Of the server through which all is made. */
  readonly url: string;
  /** The platform's administrator, who owns every domain. */
  readonly admin: Person;
  /** The owner of the tokens that are taken away without taking anything from their owner. */
  readonly member: Person;
}

/** A way in which a right ends. */
export interface Taking {
  readonly name: string;
  prepare(world: World): Promise<Right & { readonly takeAway: TakeAway }>;
}

const password = "a password of these tests";

/** The body of the reply; throws where it was refused. */
async function change(url: string, method: string, path: string, bearer: string, body?: object) {
  const answer = await call(url, method, path, { bearer, body });
  if (answer.status < 300) return answer.body;
  throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** `admin`: of the settings that the server was started with. */
export async function newWorld(
  url: string,
  admin: { readonly username: string; readonly password: string },
): Promise<World> {
  const session = await signIn(url, admin.username, admin.password);
  const { id } = (await call(url, "GET", "/users/profile", { bearer: session })).body;
  return { url, admin: { id, session }, member: await newPerson(url) };
}

async function newPerson(url: string): Promise<Person> {
  const username = `u${randomUUID().slice(0, 13)}`;
  const made = await call(url, "POST", "/users", {
    body: {
      first_name: "Ada",
      last_name: "Byron",
      email: `${username}@example.test`,
      credentials: { username, secret: password },
    },
  });
  return { id: made.body.id, session: await signIn(url, username, password) };
}

async function signIn(url: string, username: string, secret: string): Promise<string> {
  const issued = await call(url, "POST", "/users/tokens/issue", {
    body: { username, password: secret },
  });
  if (issued.status !== 201) throw new Error(`signing in was answered ${issued.status}`);
  return issued.body.access_token;
}

/** A token of the member that may view a client by a role on the domain. */
export async function newRight(world: World, owner = world.member) {
  const { url, admin } = world;
  const domainId = await newDomain(world);
  const role = await addRole(world, `/domains/${domainId}`, owner, ["read", "client_read"]);
  const { id: clientId } = await change(url, "POST", `/${domainId}/clients`, admin.session, {
    name: "pump",
  });
  return { domainId, clientId, role, ...(await newToken(world, owner, domainId, clientId)) };
}

async function newDomain({ url, admin }: World): Promise<string> {
  const route = `d${randomUUID().slice(0, 13)}`;
  return (await change(url, "POST", "/domains", admin.session, { name: route, route })).id;
}

async function addRole(
  { url, admin }: World,
  path: string,
  member: Person,
  actions: readonly string[],
): Promise<string> {
  const role = { role_name: "r", optional_actions: actions, optional_members: [member.id] };
  const { id } = await change(url, "POST", `${path}/roles`, admin.session, role);
  return `${path}/roles/${id}`;
}

async function newToken({ url }: World, owner: Person, domainId: string, clientId: string) {
  const scope = { domain_id: domainId, entity_type: "clients", entity_id: clientId };
  const made = await change(url, "POST", "/pats", owner.session, {
    name: randomUUID(),
    duration: "24h",
    scopes: [{ ...scope, operation: "view" }],
  });
  return { secret: made.secret as string, tokenId: made.id as string };
}

const byOwner = (
  request: (token: string) => readonly [method: string, path: string, body?: object],
): Taking["prepare"] => {
  return async (world) => {
    const right = await newRight(world);
    const [method, path, body] = request(`/pats/${right.tokenId}`);
    const takeAway = async (url: string) => change(url, method, path, world.member.session, body);
    return { ...right, takeAway };
  };
};

const byAdmin = (
  request: (
    right: Awaited<ReturnType<typeof newRight>>,
    owner: Person,
  ) => readonly [method: string, path: string, body?: object],
): Taking["prepare"] => {
  return async (world) => {
    const right = await newRight(world);
    const [method, path, body] = request(right, world.member);
    const takeAway = async (url: string) => change(url, method, path, world.admin.session, body);
    return { ...right, takeAway };
  };
};

/** The right comes of a role on a group above the object's own; what is moved is named by its path. */
const byGroup = (
  moved: (paths: { readonly client: string; readonly group: string }) => string,
): Taking["prepare"] => {
  return async (world) => {
    const { url, admin, member } = world;
    const domainId = await newDomain(world);
    const make = async (type: string, body: object): Promise<string> =>
      (await change(url, "POST", `/${domainId}/${type}`, admin.session, body)).id;
    const above = await make("groups", { name: "above" });
    const group = await make("groups", { name: "own", parent_id: above });
    const clientId = await make("clients", { name: "pump", parent_group_id: group });
    await addRole(world, `/domains/${domainId}`, member, ["read"]);
    await addRole(world, `/${domainId}/groups/${above}`, member, ["subgroup_client_read"]);
    const { secret } = await newToken(world, member, domainId, clientId);
    const path = moved({ client: `clients/${clientId}`, group: `groups/${group}` });
    const takeAway = async (at: string) =>
      change(at, "DELETE", `/${domainId}/${path}/parent`, admin.session);
    return { domainId, clientId, secret, takeAway };
  };
};

export const revoked: Taking = {
  name: "the token is revoked",
  prepare: byOwner((token) => ["PATCH", `${token}/secret/revoke`]),
};

export const domainDisabled: Taking = {
  name: "the domain is disabled",
  prepare: byAdmin(({ domainId }) => ["POST", `/domains/${domainId}/disable`]),
};

/** All of them, each on rights of its own. */
export const takings: readonly Taking[] = [
  revoked,
  {
    name: "the token's addresses are others",
    prepare: byOwner((token) => [
      "PATCH",
      `${token}/conditions`,
      { addresses: { allow: ["192.0.2.1"] } },
    ]),
  },
  {
    name: "a scope is removed",
    prepare: async (world) => {
      const right = await newRight(world);
      const path = `/pats/${right.tokenId}/scope`;
      const bearer = world.member.session;
      const { scopes } = (await call(world.url, "GET", path, { bearer })).body;
      const body = { scopes_id: [scopes[0].id] };
      const takeAway = async (url: string) => change(url, "PATCH", `${path}/remove`, bearer, body);
      return { ...right, takeAway };
    },
  },
  {
    name: "the owner is disabled",
    prepare: async (world) => {
      const owner = await newPerson(world.url);
      const right = await newRight(world, owner);
      const path = `/users/${owner.id}/disable`;
      const takeAway = async (url: string) => change(url, "POST", path, world.admin.session);
      return { ...right, takeAway };
    },
  },
  {
    name: "the action is taken from the owner's role",
    prepare: byAdmin(({ role }) => [
      "POST",
      `${role}/actions/delete`,
      { actions: ["client_read"] },
    ]),
  },
  {
    name: "the owner is taken from the role",
    prepare: byAdmin(({ role }, owner) => [
      "POST",
      `${role}/members/delete`,
      { members: [owner.id] },
    ]),
  },
  domainDisabled,
  {
    name: "the object is moved out of the group that gave the right",
    prepare: byGroup(({ client }) => client),
  },
  {
    name: "the object's group is moved out of the group that gave the right",
    prepare: byGroup(({ group }) => group),
  },
  {
    name: "the object is deleted",
    prepare: byAdmin(({ domainId, clientId }) => ["DELETE", `/${domainId}/clients/${clientId}`]),
  },
];

/** Changes of the same domain that take nothing away, one after the other until told to stop: all of it is read again. */
export function keepChanging({ admin }: World, url: string, { domainId }: Right) {
  let isStopped = false;
  const ended = (async () => {
    for (let count = 0; !isStopped; count += 1) {
      const body = { role_name: `other ${count}`, optional_actions: ["update"] };
      // In a domain that was disabled it is refused.
      await call(url, "POST", `/domains/${domainId}/roles`, { bearer: admin.session, body });
    }
  })();
  return {
    stop: async () => {
      isStopped = true;
      await ended;
    },
  };
}
