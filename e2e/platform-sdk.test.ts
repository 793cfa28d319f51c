import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fetchPackage } from "./foreign/fetch-package.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

// biome-ignore lint/suspicious/noExplicitAny: the replies are looked at as programs without types do.
type Loose = any;
type Service = Readonly<Record<string, (...args: unknown[]) => Promise<Loose>>>;
type PlatformSdk = Readonly<Record<string, Service>>;

const admin = { username: "admin@example.test", password: "first-admin-pass-1" };
/** Whose calls this server answers; the SDK has more, of the platform's other services. */
const services = ["Users", "Domains", "Clients", "Groups", "Channels", "PATs", "Health"];
const needMail = [
  "Users.ResetPasswordRequest",
  "Users.ResetPassword",
  "Users.SendVerification",
  "Users.VerifyEmail",
];

let server: ServerProcess;
let sdk: PlatformSdk;

beforeAll(async () => {
  server = await startServerProcess(await newDataDir(), {
    TESSERA_ADMIN_EMAIL: admin.username,
    TESSERA_ADMIN_PASSWORD: admin.password,
    TESSERA_SELF_REGISTRATION: "true",
  });
  const folder = await fetchPackage({
    name: "@absmach/magistrala-sdk",
    version: "0.17.18",
    integrity:
      "sha512-wBRa78VW4GpevKkR3I5/DiSXgeZiIHI54on6yS0TIdkv+yvTGtc956A/cciHEATqUY5O9590Z7VoZMpvLce9Ww==",
  });
  const module: unknown = await import(pathToFileURL(join(folder, "dist/sdk.mjs")).href);
  const { default: Sdk } = module as { default: new (urls: object) => PlatformSdk };
  const names = ["users", "channels", "domains", "clients", "groups", "auth"];
  sdk = new Sdk(Object.fromEntries(names.map((name) => [`${name}Url`, server.url])));
});
afterAll(async () => {
  await server?.stop();
  await removeDataDir(server.dataDir);
});

test("the platform's own SDK 0.17.18 runs through all its calls that need no mail", async () => {
  const journey = createJourney();
  await goThrough(journey);
  expect(journey.failures).toEqual([]);
  const missed = services.flatMap((service) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(sdk[service]))
      .map((method) => `${service}.${method}`)
      .filter((name) => !name.endsWith(".constructor") && !journey.called.has(name)),
  );
  expect(missed.sort()).toEqual([...needMail].sort());
  expect(journey.called.size).toBeGreaterThan(130);
});

/** Calls methods by their names, and keeps what failed instead of throwing it. */
function createJourney() {
  const called = new Set<string>();
  const failures: string[] = [];
  const call = async (name: string, ...args: unknown[]): Promise<Loose> => {
    called.add(name);
    const [service = "", method = ""] = name.split(".");
    try {
      return await sdk[service]?.[method]?.(...args);
    } catch (error) {
      failures.push(`${name}: ${JSON.stringify(error)} ${error instanceof Error ? error : ""}`);
      return {};
    }
  };
  return { called, failures, call };
}

type Call = ReturnType<typeof createJourney>["call"];

/** What the SDK's own examples send with every list. */
const page = { offset: 0, limit: 10, total: undefined, order_by: undefined };

async function goThrough({ call }: { readonly call: Call }): Promise<void> {
  for (const service of ["users", "domains", "clients", "channels", "groups", "pats"]) {
    await call("Health.Health", service);
  }
  const { access_token: token } = await call("Users.CreateToken", admin);
  const ada = await signUp(call, "ada", undefined);
  const bob = await signUp(call, "bob", token);
  await goThroughUsers(call, token, bob);
  const domain = await goThroughDomains(call, token, ada, bob);
  await goThroughEntities(call, token, domain.id, ada.id);
  await goThroughTokens(call, ada.token, domain.id);
  await call("Domains.FreezeDomain", domain.id, token);
  await call("Users.DeleteUser", bob.id, token);
}

async function signUp(call: Call, name: string, token: string | undefined) {
  const person = {
    first_name: name,
    last_name: "Byron",
    email: `${name}@example.test`,
    tags: ["a"],
    metadata: { floor: 2 },
    credentials: { username: name, secret: `a good password of ${name}` },
  };
  const { id } = await call("Users.Create", person, token);
  const login = { username: name, password: person.credentials.secret };
  const pair = await call("Users.CreateToken", login);
  const renewed = await call("Users.RefreshToken", pair.refresh_token);
  return { id, token: renewed.access_token, ...person };
}

type Person = Awaited<ReturnType<typeof signUp>>;

async function goThroughUsers(call: Call, token: string, bob: Person): Promise<void> {
  await call("Users.UserProfile", bob.token);
  await call("Users.User", bob.id, token);
  await call("Users.Users", { ...page, status: "enabled" }, token);
  await call("Users.SearchUsers", { ...page, username: "bob" }, bob.token);
  await call("Users.Update", { ...bob, first_name: "Robert" }, bob.token);
  await call("Users.UpdateEmail", { ...bob, email: "robert@example.test" }, bob.token);
  const renamed = { ...bob, credentials: { username: "robert" } };
  await call("Users.UpdateUsername", renamed, bob.token);
  const picture = { ...bob, profile_picture: "https://example.test/bob.png" };
  await call("Users.UpdateProfilePicture", picture, bob.token);
  await call("Users.UpdateUserTags", { ...bob, tags: ["b", "a"] }, bob.token);
  const { secret } = bob.credentials;
  await call("Users.UpdateUserPassword", secret, "a better password 7", bob.token);
  await call("Users.UpdateUserRole", { ...bob, role: "admin" }, token);
  await call("Users.UpdateUserRole", { ...bob, role: "user" }, token);
  await call("Users.Disable", bob.id, token);
  await call("Users.Enable", bob.id, token);
}

async function goThroughDomains(call: Call, token: string, ada: Person, bob: Person) {
  const domain = await call(
    "Domains.CreateDomain",
    { name: "Plant", route: "plant", tags: ["b", "a"], metadata: { floor: 2 } },
    token,
  );
  const { id } = domain;
  await call("Domains.UpdateDomain", { ...domain, name: "Plant 2" }, token);
  await call("Domains.Domain", id, token);
  await call("Domains.Domain", id, token, true);
  await call("Domains.Domains", { ...page, status: "all" }, token);
  await call("Domains.ListUserDomains", ada.id, page, ada.token);
  await call("Domains.DisableDomain", id, token);
  await call("Domains.EnableDomain", id, token);
  const guests = await call("Domains.CreateDomainRole", id, "guests", token, ["read"], undefined);
  const invite = (person: Person, ...resend: unknown[]) =>
    call("Domains.SendInvitation", person.id, id, guests.role_id ?? guests.id, token, ...resend);
  const login = { username: "robert", password: "a better password 7" };
  const { access_token: tokenOfBob } = await call("Users.CreateToken", login);
  await invite(ada);
  await call("Domains.ViewInvitation", ada.id, id, token);
  await call("Domains.ListDomainInvitations", { ...page, state: "pending" }, id, token);
  await call("Domains.ListUserInvitations", { ...page, state: "all" }, ada.token);
  await call("Domains.AcceptInvitation", id, ada.token);
  await invite(bob);
  await call("Domains.RejectInvitation", id, tokenOfBob);
  await invite(bob, true);
  await call("Domains.DeleteInvitation", bob.id, id, token);
  await goThroughRoles(call, "Domain", [id], token, bob.id);
  return domain;
}

/** `of`: what every call about a role of that object begins with. */
async function goThroughRoles(
  call: Call,
  type: "Domain" | "Client" | "Channel" | "Group",
  of: readonly string[],
  token: string,
  memberId: string,
): Promise<void> {
  const service = `${type}s`;
  const [objectId = "", domainId = ""] = of;
  await call(`${service}.List${type}Actions`, ...(type === "Domain" ? [] : [domainId]), token);
  const named = {
    Domain: [objectId, "operators"],
    Group: [objectId, domainId, "operators"],
    Client: [objectId, "operators", domainId],
    Channel: [objectId, "operators", domainId],
  }[type];
  const made = [...named, token, ["read"], undefined];
  const role = await call(`${service}.Create${type}Role`, ...made);
  const inRole = [...of, role.role_id ?? role.id];
  await call(`${service}.List${type}Roles`, ...of, page, token);
  await call(`${service}.View${type}Role`, ...inRole, token);
  await call(`${service}.Update${type}Role`, ...inRole, { name: "watchers" }, token);
  await call(`${service}.Add${type}RoleActions`, ...inRole, ["update", "delete"], token);
  await call(`${service}.List${type}RoleActions`, ...inRole, token);
  await call(`${service}.Delete${type}RoleActions`, ...inRole, ["delete"], token);
  await call(`${service}.Add${type}RoleMembers`, ...inRole, [memberId], token);
  await call(`${service}.List${type}RoleMembers`, ...inRole, page, token);
  await call(`${service}.List${type}Members`, ...of, page, token);
  await call(`${service}.Delete${type}RoleMembers`, ...inRole, [memberId], token);
  await call(`${service}.Add${type}RoleMembers`, ...inRole, [memberId], token);
  await call(`${service}.DeleteAll${type}RoleMembers`, ...inRole, token);
  await call(`${service}.DeleteAll${type}RoleActions`, ...inRole, token);
  await call(`${service}.Delete${type}Role`, ...inRole, token);
}

async function goThroughEntities(call: Call, token: string, domainId: string, memberId: string) {
  const group = await goThroughGroups(call, token, domainId, memberId);
  const client = await call("Clients.CreateClient", named("pump"), domainId, token);
  const channel = await call("Channels.CreateChannel", named("flow"), domainId, token);
  const more = [named("a"), named("b")];
  await call("Clients.CreateClients", more, domainId, token);
  await call("Channels.CreateChannels", more, domainId, token);
  await call("Clients.UpdateClient", { ...client, name: "pump 2" }, domainId, token);
  await call("Clients.UpdateClientTags", { ...client, tags: ["c"] }, domainId, token);
  const withSecret = { ...client, credentials: { secret: "another client secret" } };
  await call("Clients.UpdateClientSecret", withSecret, domainId, token);
  await call("Clients.Client", client.id, domainId, token);
  await call("Clients.Client", client.id, domainId, token, true);
  await call("Clients.Clients", { ...page, tags: "c" }, domainId, token);
  await call("Clients.Disable", client.id, domainId, token);
  await call("Clients.Enable", client.id, domainId, token);
  await call("Clients.setClientParentGroup", domainId, client.id, group.id, token);
  await call("Channels.UpdateChannelNameAndMetadata", { ...channel, name: "x" }, domainId, token);
  await call("Channels.UpdateChannelTags", { ...channel, tags: ["c"] }, domainId, token);
  await call("Channels.Channel", channel.id, domainId, token);
  await call("Channels.Channel", channel.id, domainId, token, true);
  await call("Channels.Channels", { ...page, metadata: "{}" }, domainId, token);
  await call("Channels.DisableChannel", channel.id, domainId, token);
  await call("Channels.EnableChannel", channel.id, domainId, token);
  await call("Channels.SetChannelParentGroup", domainId, channel.id, group.id, token);
  await goThroughConnections(call, token, domainId, [client.id, channel.id]);
  await call("Users.ListUserGroups", domainId, memberId, page, token);
  await call("Users.ListUserClients", memberId, domainId, page, token);
  await call("Users.ListUserChannels", domainId, memberId, page, token);
  await goThroughRoles(call, "Client", [client.id, domainId], token, memberId);
  await goThroughRoles(call, "Channel", [channel.id, domainId], token, memberId);
  await call("Clients.DeleteClientParentGroup", domainId, client.id, token);
  await call("Channels.DeleteChannelParentGroup", domainId, channel.id, token);
  await call("Clients.DeleteClient", client.id, domainId, token);
  await call("Channels.DeleteChannel", channel.id, domainId, token);
  await call("Groups.DeleteGroup", group.id, domainId, token);
}

async function goThroughConnections(
  call: Call,
  token: string,
  domainId: string,
  [clientId, channelId]: readonly [string, string],
): Promise<void> {
  const types = ["publish", "subscribe"];
  await call("Channels.ConnectClient", [clientId], channelId, types, domainId, token);
  const connected = { ...page, client: clientId, channel: channelId };
  await call("Clients.Clients", connected, domainId, token);
  await call("Channels.DisconnectClient", [clientId], channelId, types, domainId, token);
  await call("Channels.Connect", [clientId], [channelId], types, domainId, token);
  await call("Channels.Disconnect", [clientId], [channelId], types, domainId, token);
}

async function goThroughGroups(call: Call, token: string, domainId: string, memberId: string) {
  const make = (name: string) => call("Groups.CreateGroup", named(name), domainId, token);
  const [group, child, other] = [await make("hall"), await make("room"), await make("yard")];
  await call("Groups.Group", group.id, domainId, token);
  await call("Groups.Group", group.id, domainId, token, true);
  await call("Groups.Groups", { ...page, name: "hall" }, domainId, token);
  await call("Groups.UpdateGroup", { ...group, name: "hall 2" }, domainId, token);
  await call("Groups.UpdateGroupTags", { ...group, tags: ["c"] }, domainId, token);
  await call("Groups.DisableGroup", group.id, domainId, token);
  await call("Groups.EnableGroup", group.id, domainId, token);
  await call("Groups.AddParentGroup", child.id, domainId, group.id, token);
  const hierarchy = { level: 2, tree: true, direction: -1 };
  await call("Groups.RetrieveGroupHierarchy", group.id, domainId, hierarchy, token);
  await call("Groups.ListChildrenGroups", group.id, domainId, page, token);
  await call("Groups.RemoveParentGroup", child.id, domainId, token);
  await call("Groups.AddChildrenGroups", group.id, domainId, [child.id, other.id], token);
  await call("Groups.RemoveChildrenGroups", group.id, domainId, [child.id], token);
  await call("Groups.RemoveAllChildrenGroups", group.id, domainId, token);
  await goThroughRoles(call, "Group", [group.id, domainId], token, memberId);
  return group;
}

async function goThroughTokens(call: Call, token: string, domainId: string): Promise<void> {
  const pat = await call("PATs.CreatePAT", "ci", "24h", token, "nightly");
  await call("PATs.ListPATS", { ...page, status: "all" }, token);
  await call("PATs.ViewPAT", pat.id, token);
  await call("PATs.UpdateName", "ci 2", pat.id, token);
  await call("PATs.UpdateDescription", "weekly", pat.id, token);
  const scopes = ["view", "update"].map((operation) => ({
    entity_type: "clients",
    domain_id: domainId,
    operation,
    entity_id: "*",
  }));
  await call("PATs.AddScope", scopes, pat.id, token);
  const listed = await call("PATs.ListScopes", pat.id, page, token);
  await call("PATs.DeleteScopes", pat.id, [listed.scopes?.[0]?.id], token);
  await call("PATs.DeleteAllScopes", pat.id, token);
  await call("PATs.ResetSecret", "48h", pat.id, token);
  await call("PATs.RevokePAT", pat.id, token);
  await call("PATs.DeletePAT", pat.id, token);
  await call("PATs.DeleteAllPATs", token);
}

function named(name: string) {
  return { name, tags: ["b", "a"], metadata: { floor: 2 } };
}
