import { randomUUID } from "node:crypto";
import type { accountEndpoints } from "@tessera/contract";
import { insertNotices } from "../features/notices/notice-store.ts";
import { createAccountLinks } from "../features/users/links/account-links.ts";
import { findOwner } from "../features/users/links/link-store.ts";
import type { World } from "./operation-world.ts";
import { ageScopes } from "./recorded-uses.ts";
import { type Caller, requireStatus, type TestApp, type TestResponse } from "./start-app.ts";
import { giveRole, newMember } from "./test-people.ts";

type AccountEndpointId = (typeof accountEndpoints)[number]["id"];
type RoleEndpointId = Extract<AccountEndpointId, `${string}.roles.${string}`>;
type ReachEndpointId = Extract<AccountEndpointId, `${string}.reach.${string}`>;
type ShortRoleId<Id> = Id extends `domains.roles.${infer Short}` ? Short : never;

/** What to send, by whom; path parameters by name. */
interface AccountRequest {
  readonly caller: Caller;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const csrf = { "x-tessera-csrf": "1" };
const named = () => ({ name: "renamed" });

/** A request that succeeds for each endpoint that no scope opens; the compiler names the one that is missing. */
const requests: {
  readonly [Id in Exclude<AccountEndpointId, RoleEndpointId | ReachEndpointId>]: (
    world: World,
    server: TestApp,
  ) => AccountRequest | Promise<AccountRequest>;
} = {
  "users.register": (_, { nobody }) => ({ caller: nobody, body: newPerson() }),
  "users.list": (_, { admin }) => ({ caller: admin }),
  "users.search": ({ owner }) => ({ caller: owner, query: "?first_name=Ada" }),
  "users.profile": ({ owner }) => ({ caller: owner }),
  "users.change_password": ({ owner }) => ({
    caller: owner,
    body: { old_secret: owner.password, new_secret: `new-${randomUUID()}` },
  }),
  "users.view": ownUser(),
  "users.update": ownUser(() => ({ first_name: "Grace", metadata: { a: 1 } })),
  "users.update_username": ownUser(() => ({ username: `u${randomUUID().slice(0, 13)}` })),
  "users.update_tags": ownUser(() => ({ tags: ["a"] })),
  "users.update_picture": ownUser(() => ({ profile_picture: "https://example.test/a.png" })),
  "users.update_email": ownUser(() => ({ email: `${randomUUID()}@example.test` })),
  "users.update_role": (world, server) => asAdmin(world, server, { role: "admin" }),
  "users.enable": async (world, server) => {
    const { id } = world.invitable;
    requireStatus(await server.admin.call("POST", `/users/${id}/disable`), 200);
    return { caller: server.admin, params: { userId: id } };
  },
  "users.disable": (world, server) => asAdmin(world, server),
  "users.delete": (world, server) => asAdmin(world, server),
  "users.send_verification": ({ owner }) => ({ caller: owner }),
  "users.verify_email": async ({ owner }, server) => ({
    caller: server.nobody,
    query: `?token=${await newLink(owner, server, "verify_email")}`,
  }),
  "users.request_password_reset": ({ owner }, { nobody }) => ({
    caller: nobody,
    body: { email: owner.email },
  }),
  "users.reset_password": async ({ owner }, server) => {
    const password = `new-${randomUUID()}`;
    return {
      caller: server.bearer(await newLink(owner, server, "reset_password")),
      body: { password, confirm_password: password },
    };
  },
  "users.make_reset_link": (world, server) => asAdmin(world, server),
  "sessions.issue": ({ owner }, { nobody }) => ({ caller: nobody, body: signIn(owner) }),
  "sessions.refresh": ({ owner }, server) => ({ caller: server.bearer(owner.refreshToken) }),
  "sessions.confirm": ({ owner }) => ({ caller: owner, body: { password: owner.password } }),
  "sessions.revoke": async ({ owner }) => {
    const { body } = await owner.call("GET", "/users/tokens/refresh-tokens");
    return { caller: owner, body: { token_id: body.refresh_tokens[0].id } };
  },
  "sessions.list": ({ owner }) => ({ caller: owner }),
  "web_session.sign_in": ({ owner }, { nobody }) => ({
    caller: nobody,
    body: signIn(owner),
    headers: csrf,
  }),
  "web_session.refresh": withCookies,
  "web_session.sign_out": withCookies,
  "tokens.create": ({ owner, domainId, client }) => ({
    caller: owner,
    body: { name: "ci", duration: "1h", scopes: [viewScope(domainId, client)] },
  }),
  "tokens.explain_draft": ({ owner, domainId, client }) => ({
    caller: owner,
    body: {
      duration: "1h",
      scopes: [viewScope(domainId, client)],
      conditions: { addresses: { allow: ["127.0.0.0/8"] } },
      questions: [viewScope(domainId, client)],
    },
  }),
  "tokens.list": async ({ owner, domainId }, server) => {
    await server.newToken(owner, domainId, ["clients:view"]);
    return { caller: owner };
  },
  "tokens.delete_all": ({ owner }) => ({ caller: owner }),
  "tokens.usage_of_all": ({ owner }) => ({ caller: owner }),
  "tokens.end_self": async ({ owner, domainId }, server) => ({
    caller: await server.newToken(owner, domainId, []),
  }),
  "tokens.view_self": async ({ owner, domainId, client }, server) => ({
    caller: await server.newToken(owner, domainId, [`clients:view:${client}`]),
  }),
  "tokens.rotate_self": async ({ owner }, server) => {
    const body = { name: "ci", duration: "1h", self_rotate: true };
    const { secret } = requireStatus(await owner.call("POST", "/pats", body), 201);
    return { caller: server.bearer(secret), body: { cutover: "first_use" } };
  },
  "tokens.lookup": foundToken,
  "tokens.revoke_found": foundToken,
  "tokens.view": ownToken(),
  "tokens.usage": ownToken(),
  "tokens.proposal": ownToken(),
  "tokens.apply_proposal": async (world, server) => {
    const { etag, ...request } = await proposedFor(world, server);
    return { ...request, body: { etag, window: "1d" } };
  },
  "tokens.undo_proposal": async (world, server) => {
    const { etag, caller, params } = await proposedFor(world, server);
    const path = `/pats/${params?.tokenId}/proposal/apply`;
    requireStatus(await world.owner.call("POST", path, { etag, window: "1d" }), 200);
    return { caller, params };
  },
  "tokens.update_name": ownToken(named),
  "tokens.update_description": ownToken(() => ({ description: "nightly" })),
  "tokens.update_conditions": ownToken(() => ({ max_uses: 5, rate: { limit: 60, per: "1m" } })),
  "tokens.delete": ownToken(),
  "tokens.regenerate": ownToken(() => ({ duration: "2h" })),
  "tokens.extend": ownToken(() => ({ duration: "30d" })),
  "tokens.rotate": ownToken(() => ({ cutover: "first_use" })),
  "tokens.cancel_rotation": async (world, server) => {
    const request = await ownToken()(world, server);
    const path = `/pats/${request.params?.tokenId}/rotate`;
    requireStatus(await world.owner.call("POST", path, {}), 201);
    return request;
  },
  "tokens.revoke": ownToken(),
  "tokens.restore": async (world, server) => {
    const request = await ownToken()(world, server);
    // As disabling its owner leaves it, but the owner's sessions go on.
    await server.deps.database.inTransaction((trx) =>
      trx
        .updateTable("tokens")
        .set({ revoked_at: server.clock.now, is_restorable: 1 })
        .where("id", "=", request.params?.tokenId ?? "")
        .execute(),
    );
    return request;
  },
  "tokens.add_scopes": ownToken(({ domainId, channel }) => ({
    scopes: [{ ...viewScope(domainId, channel), entity_type: "channels" }],
  })),
  "tokens.list_scopes": ownToken(),
  "tokens.remove_scopes": async (world, server) => {
    const request = await ownToken()(world, server);
    const path = `/pats/${request.params?.tokenId}/scope`;
    const { body } = await world.owner.call("GET", path);
    return { ...request, body: { scopes_id: [body.scopes[0].id] } };
  },
  "tokens.clear_scopes": ownToken(),
  "notices.list": ({ owner }) => ({ caller: owner }),
  "notices.read": async ({ owner }, server) => ({
    caller: owner,
    params: { noticeId: await newNotice(owner, server) },
  }),
  "notices.read_all": ({ owner }) => ({ caller: owner }),
  "notices.settings": ({ owner }) => ({ caller: owner }),
  "notices.update_settings": ({ owner }) => ({
    caller: owner,
    body: { by_mail: { token_expiring: false } },
  }),
  "calendar.view_feed": ({ owner }) => ({ caller: owner }),
  "calendar.make_feed": ({ owner }) => ({ caller: owner }),
  "calendar.remove_feed": async ({ owner }) => {
    requireStatus(await owner.call("POST", "/calendar/feed"), 201);
    return { caller: owner };
  },
  "invitations.accept": ({ invited, domainId }) => ({
    caller: invited,
    body: { domain_id: domainId },
  }),
  "invitations.reject": ({ invited, domainId }) => ({
    caller: invited,
    body: { domain_id: domainId },
  }),
  "invitations.view": ({ owner, domainId, invited }) => ({
    caller: owner,
    params: { domainId, userId: invited.id },
  }),
  "domains.tokens": ({ domainId, owner }) => ({ caller: owner, params: { domainId } }),
  "domains.freeze": ({ domainId }, { admin }) => ({ caller: admin, params: { domainId } }),
  "domains.leave": async ({ domainId, owner }, server) => ({
    caller: await newMember(server, owner, domainId),
    params: { domainId },
  }),
  "service.health": (_, { nobody }) => ({ caller: nobody }),
  "service.ready": (_, { nobody }) => ({ caller: nobody }),
  "service.instance": (_, { nobody }) => ({ caller: nobody }),
  "audit.list": (_, { admin }) => ({ caller: admin }),
  "audit.list_of_tokens": ({ owner }) => ({ caller: owner }),
  "audit.view_keeping": ({ owner, domainId }) => ({ caller: owner, params: { domainId } }),
  "audit.update_keeping": ({ owner, domainId }) => ({
    caller: owner,
    params: { domainId },
    body: { keep_days: 800 },
  }),
  "audit.keys": (_, { nobody }) => ({ caller: nobody }),
  "service.catalogue": (_, { nobody }) => ({ caller: nobody }),
  "service.authorize": ({ owner, domainId, client }) => ({
    caller: owner,
    body: [viewScope(domainId, client), viewScope(domainId, randomUUID())],
  }),
};

/** Likewise for roles, on objects of any type. */
const roleBodies: {
  readonly [Id in ShortRoleId<RoleEndpointId>]: (memberId: string) => unknown;
} = {
  available_actions: () => undefined,
  add: () => ({ role_name: `role ${randomUUID()}`, optional_actions: ["read"] }),
  list: () => undefined,
  remove_members_from_all: (memberId) => ({ member_ids: [memberId] }),
  list_all_members: () => undefined,
  view: () => undefined,
  update: named,
  remove: () => undefined,
  add_actions: () => ({ actions: ["update"] }),
  list_actions: () => undefined,
  remove_actions: () => ({ actions: ["read"] }),
  remove_all_actions: () => undefined,
  add_members: () => undefined,
  move_members: (memberId) => ({ members: [memberId] }),
  list_members: () => undefined,
  remove_members: (memberId) => ({ members: [memberId] }),
  remove_all_members: () => undefined,
};

/** A request that is ready to be sent. */
export interface PreparedRequest {
  readonly caller: Caller;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

interface Route {
  readonly id: string;
  /** With `{name}` or `:name` for each of the path's parameters. */
  readonly path: string;
}

/** Prepares a request that succeeds at the endpoint. */
export async function prepareAccountRequest(
  { id, path }: Route,
  world: World,
  server: TestApp,
): Promise<PreparedRequest> {
  const {
    caller,
    params,
    query = "",
    body,
    headers,
  } = id.includes(".roles.")
    ? await roleRequest(id, world, server)
    : id.includes(".reach.")
      ? reachRequest(id, world)
      : await requests[id as keyof typeof requests](world, server);
  const address = path.replaceAll(
    /\{(\w+)\}|:(\w+)/g,
    (_, braced?: string, named?: string) => params?.[braced ?? named ?? ""] ?? "",
  );
  return { caller, path: address + query, body, headers };
}

/** Sends a request that succeeds to the endpoint. */
export async function sendAccountRequest(
  route: Route & { readonly method: string },
  world: World,
  server: TestApp,
): Promise<TestResponse> {
  const { caller, path, body, headers } = await prepareAccountRequest(route, world, server);
  return caller.call(route.method as "GET", path, body, headers);
}

async function roleRequest(
  endpointId: string,
  world: World,
  server: TestApp,
): Promise<AccountRequest> {
  const [type = "", , name = ""] = endpointId.split(".");
  const { owner, domainId } = world;
  const id = objectOf(type, world);
  const path = type === "domains" ? `/domains/${domainId}` : `/${domainId}/${type}/${id}`;
  const member = await newMember(server, owner, domainId);
  const isOnDomain = type === "domains";
  const holder = isOnDomain ? await server.newUser() : member;
  const roleId = await giveRole(owner, path, holder, ["read"]);
  const newcomer = isOnDomain ? await server.newUser() : await newMember(server, owner, domainId);
  const body =
    name === "add_members"
      ? { members: [newcomer.id] }
      : roleBodies[name as keyof typeof roleBodies](holder.id);
  return { caller: owner, params: { domainId, id, roleId }, body };
}

function reachRequest(endpointId: string, world: World): AccountRequest {
  const [type = ""] = endpointId.split(".");
  return {
    caller: world.owner,
    params: { domainId: world.domainId, id: objectOf(type, world) },
  };
}

function objectOf(type: string, { client, channel, group }: World): string {
  return { clients: client, channels: channel, groups: group }[type] ?? "";
}

function ownUser(makeBody?: () => unknown) {
  return ({ owner }: World): AccountRequest => ({
    caller: owner,
    params: { userId: owner.id },
    body: makeBody?.(),
  });
}

function asAdmin({ invitable }: World, { admin }: TestApp, body?: unknown): AccountRequest {
  return { caller: admin, params: { userId: invitable.id }, body };
}

function ownToken(makeBody?: (world: World) => unknown) {
  return async (world: World, server: TestApp): Promise<AccountRequest> => {
    const { owner, domainId, client } = world;
    const { id } = await server.newToken(owner, domainId, [`clients:view:${client}`]);
    return { caller: owner, params: { tokenId: id }, body: makeBody?.(world) };
  };
}

/** A token with a scope of which it needs nothing, since long enough to be judged. */
async function proposedFor(world: World, server: TestApp) {
  const request = await ownToken()(world, server);
  const tokenId = request.params?.tokenId ?? "";
  await ageScopes(server.deps.database, tokenId, server.clock.now - 2 * 86_400_000);
  const path = `/pats/${tokenId}/proposal?window=1d`;
  const { etag } = requireStatus(await world.owner.call("GET", path), 200);
  return { caller: request.caller, params: { tokenId }, etag };
}

async function foundToken({ owner, domainId }: World, server: TestApp): Promise<AccountRequest> {
  const { secret } = await server.newToken(owner, domainId, []);
  return { caller: server.admin, body: { token: secret } };
}

/** What the user was told; its id. */
async function newNotice(
  { id: userId }: { readonly id: string },
  { deps, clock }: TestApp,
): Promise<string> {
  const id = randomUUID();
  const notice = {
    id,
    user_id: userId,
    kind: "password_changed",
    cause: id,
    created_at: clock.now,
  };
  await deps.database.inTransaction((trx) => insertNotices(trx, [notice]));
  return id;
}

/** The token of a link that would be mailed to the user. */
async function newLink(
  { id: userId }: { readonly id: string },
  { deps }: TestApp,
  purpose: "verify_email" | "reset_password",
): Promise<string> {
  return deps.database.inTransaction(async (trx) => {
    const owner = await findOwner(trx, userId);
    const link = { id: randomUUID(), purpose, owner, maker: null };
    return createAccountLinks(deps).add(trx, link);
  });
}

async function withCookies({ owner }: World, { nobody }: TestApp): Promise<AccountRequest> {
  const { headers } = await nobody.call("POST", "/session", signIn(owner), csrf);
  const cookies = [headers["set-cookie"] ?? []].flat().map((line) => line.split(";", 1)[0]);
  return { caller: nobody, headers: { ...csrf, cookie: cookies.join("; ") } };
}

function signIn({ username, password }: World["owner"]) {
  return { username, password };
}

function viewScope(domainId: string, entityId: string) {
  return { domain_id: domainId, entity_type: "clients", entity_id: entityId, operation: "view" };
}

function newPerson() {
  const username = `u${randomUUID().slice(0, 13)}`;
  return {
    first_name: "Grace",
    last_name: "Hopper",
    email: `${username}@example.test`,
    credentials: { username, secret: `pass-${randomUUID()}` },
  };
}
