import {
  type Client,
  createClient,
  type ReplyTo,
  type ScopeWire,
} from "../packages/sdk/src/index.ts";

type Token = ReplyTo<"tokens.view">;

/** Who owns the demo data: an administrator that the server makes at its first start. */
export const demoAdmin = {
  email: "janedoe@example.com",
  password: "a-password-for-demos",
};

/** What the demo holds. */
export interface DemoData {
  readonly domainId: string;
  /** Another domain, in which there is nothing. */
  readonly emptyDomainId: string;
  readonly clientIds: readonly string[];
  readonly channelId: string;
  readonly groupId: string;
  /** A role in the domain that somebody has. */
  readonly roleId: string;
  /** A token in use. */
  readonly tokenId: string;
  readonly tokenSecret: string;
  /** A token of which a new secret waits for its first use, and a dead one is still tried. */
  readonly rotatedTokenId: string;
  /** A token with conditions. */
  readonly limitedTokenId: string;
  /** A name of the demo as a page shows it, and as it stands in a label. */
  readonly shown: (name: string) => string;
  readonly inLabel: (name: string) => string;
}

/** How the demo's names are written: in English as they stand here, or in letters of another script. */
export interface Script {
  readonly write: (name: string) => string;
  readonly shown: (name: string) => string;
  readonly inLabel: (name: string) => string;
}

const same = (name: string) => name;
const english: Script = { write: same, shown: same, inLabel: same };

/** A client of the API with a session of its own. */
export async function signedInClient(
  baseUrl: string,
  username: string,
  password: string,
  description = "",
): Promise<Client> {
  const { access_token } = await createClient({ baseUrl }).sessions.issue({
    body: { username, password, description },
  });
  return createClient({ baseUrl, credentials: { kind: "bearer", token: access_token } });
}

/** Fills a fresh server through its API: domains, entities, and tokens in every state. */
export async function createDemoData(
  baseUrl: string,
  { write, shown, inLabel }: Script = english,
): Promise<DemoData> {
  const { email, password } = demoAdmin;
  const api = await signedInClient(baseUrl, email, password, write("setup script"));
  const person = await api.users.profile();
  await api.users.update({
    userId: person.id,
    body: { first_name: write("Jane"), last_name: write("Doe") },
  });

  const plant = await api.domains.create({
    body: {
      name: write("Water works"),
      route: "water-works",
      tags: ["production", "north"].map(write),
    },
  });
  const bench = await api.domains.create({
    body: { name: write("Test bench"), route: "test-bench", tags: [write("lab")] },
  });
  await api.domains.create({
    body: { name: write("Greenhouses"), route: "greenhouses", tags: [] },
  });
  const domainId = plant.id;

  const pumps = await api.clients.create_bulk({
    domainId,
    body: Array.from({ length: 14 }, (_, index) => ({
      name: write(`pump-${String(index + 1).padStart(2, "0")}`),
      tags: (index % 2 === 0 ? ["pump"] : ["pump", "spare"]).map(write),
      status: index % 5 === 4 ? ("disabled" as const) : ("enabled" as const),
    })),
  });
  const channels = await api.channels.create_bulk({
    domainId,
    body: ["pressure", "flow", "alarms"].map((name) => ({ name: write(name), route: name })),
  });
  const group = await api.groups.create({
    domainId,
    body: { name: write("Pump house"), description: write("All pumps of the lower basin") },
  });
  await api.groups.create({ domainId, body: { name: write("Cellar"), parent_id: group.id } });
  const clientIds = pumps.clients.map(({ id }) => id);
  const channelId = channels.channels[0]?.id ?? "";

  const scope = (entity_type: string, operation: string, entity_id = "*"): ScopeWire => ({
    domain_id: domainId,
    entity_type,
    entity_id,
    operation,
  });
  const token = await api.tokens.create({
    body: {
      name: write("telemetry export"),
      description: write("Reads pump names for the nightly report"),
      duration: "90d",
      scopes: [
        scope("clients", "view"),
        scope("domains", "list_clients", domainId),
        scope("channels", "view", channelId),
        scope("clients", "update_tags", clientIds[0]),
        scope("groups", "view", group.id),
      ],
    },
  });
  const others = [
    { name: "ci deploy", description: "Sets up channels from the pipeline", duration: "30d" },
    { name: "device provisioning", description: "", duration: "365d" },
    { name: "dashboard", description: "Wall screen in the control room", duration: "7d" },
    { name: "load test", description: "", duration: "24h" },
  ];
  for (const other of others) {
    const text = { name: write(other.name), description: write(other.description) };
    await api.tokens.create({ body: { ...other, ...text, scopes: [scope("clients", "view")] } });
  }
  const rotated = await api.tokens.create({
    body: {
      name: write("meter readings"),
      description: write("Two machines in the pump house"),
      duration: "30d",
      scopes: [scope("clients", "view")],
    },
  });
  const limited = await api.tokens.create({
    body: {
      name: write("shift report"),
      description: write("Runs in the control room while people are there"),
      duration: "90d",
      scopes: [scope("clients", "view")],
      conditions: {
        addresses: {
          allow: ["10.0.0.0/8", "127.0.0.0/8", "2001:db8::/32"],
          deny: ["10.0.9.0/24"],
        },
        max_uses: 1000,
        rate: { limit: 600, per: "1m" },
      },
    },
  });
  const revoked = await api.tokens.create({
    body: { name: write("old gateway"), duration: "90d" },
  });
  await api.tokens.revoke({ tokenId: revoked.id });
  await api.tokens.create({
    body: {
      name: write("access_clients"),
      description: write("One afternoon's import"),
      duration: "1s",
    },
  });

  await connectAndGroup(api, { domainId, clientIds, channelId, groupId: group.id }, write);
  const roleId = await addPeople(baseUrl, api, domainId, person.id, write);

  for (const clientId of clientIds.slice(0, 6)) {
    await useToken(baseUrl, token.secret, `/${domainId}/clients/${clientId}`);
  }
  await useToken(baseUrl, token.secret, `/${domainId}/clients`);
  for (let count = 0; count < 3; count += 1) {
    await useToken(baseUrl, token.secret, `/${domainId}/channels`);
  }
  await useToken(baseUrl, token.secret, `/${domainId}/channels/${channelId}`);
  await useToken(baseUrl, limited.secret, `/${domainId}/clients/${clientIds[0]}`);
  await api.tokens.update_conditions({ tokenId: limited.id, body: { weekly: shifts } });
  await rotate(baseUrl, api, rotated, `/${domainId}/clients/${clientIds[0]}`);
  return {
    domainId,
    emptyDomainId: bench.id,
    clientIds,
    channelId,
    groupId: group.id,
    roleId,
    tokenId: token.id,
    tokenSecret: token.secret,
    rotatedTokenId: rotated.id,
    limitedTokenId: limited.id,
    shown,
    inLabel,
  };
}

const shifts = {
  timezone: "Europe/Berlin",
  windows: [
    { days: ["mon", "tue", "wed", "thu", "fri"], from: "07:00", to: "19:00" },
    { days: ["sat"], from: "22:00", to: "06:00" },
  ],
} satisfies NonNullable<Token["conditions"]>["weekly"];

/** Twice: what uses the first secret was forgotten, and nobody has used the third one yet. */
async function rotate(
  baseUrl: string,
  api: Client,
  { id: tokenId, secret }: { readonly id: string; readonly secret: string },
  path: string,
): Promise<void> {
  await useToken(baseUrl, secret, path);
  const second = await api.tokens.rotate({ tokenId, body: { cutover: "now" } });
  await useToken(baseUrl, second.secret, path);
  for (let count = 0; count < 3; count += 1) await useToken(baseUrl, secret, path);
  await api.tokens.rotate({ tokenId, body: { cutover: "first_use" } });
}

async function connectAndGroup(
  api: Client,
  {
    domainId,
    clientIds,
    channelId,
    groupId,
  }: Pick<DemoData, "domainId" | "clientIds" | "channelId" | "groupId">,
  write: Script["write"],
): Promise<void> {
  const [first = "", second = ""] = clientIds;
  await api.channels.connect({
    domainId,
    id: channelId,
    body: { client_ids: [first, second], types: ["publish", "subscribe"] },
  });
  await api.clients.set_parent_group({
    domainId,
    id: first,
    body: { parent_group_id: groupId },
  });
  await api.clients.update({
    domainId,
    id: first,
    body: {
      metadata: {
        [write("location")]: { hall: 2, [write("row")]: write("B") },
        serial: write("P-1001"),
      },
    },
  });
}

/** A member with a role, somebody invited, and somebody who invites the administrator. */
async function addPeople(
  baseUrl: string,
  api: Client,
  domainId: string,
  adminId: string,
  write: Script["write"],
): Promise<string> {
  const [lucy, andy] = [await register(api, "Lucy", write), await register(api, "Andy", write)];
  const role = await api.domains.roles.add({
    domainId,
    body: {
      role_name: write("operator"),
      optional_actions: ["read", "client_read", "client_update", "channel_read", "group_read"],
      optional_members: [lucy.id],
    },
  });
  await api.invitations.send({
    domainId,
    body: { invitee_user_id: andy.id, role_id: role.id },
  });
  const asAndy = await signedInClient(baseUrl, andy.email, demoAdmin.password);
  const workshop = await asAndy.domains.create({
    body: { name: write("Workshop"), route: "workshop" },
  });
  const { roles } = await asAndy.domains.roles.list({ domainId: workshop.id });
  await asAndy.invitations.send({
    domainId: workshop.id,
    body: { invitee_user_id: adminId, role_id: roles[0]?.id ?? "" },
  });
  return role.id;
}

async function register(
  api: Client,
  firstName: string,
  write: Script["write"],
): Promise<{ id: string; email: string }> {
  const username = `${firstName.toLowerCase()}doe`;
  const email = `${username}@example.com`;
  const { id } = await api.users.register({
    body: {
      first_name: write(firstName),
      last_name: write("Doe"),
      email,
      credentials: { username, secret: demoAdmin.password },
    },
  });
  return { id, email };
}

/** One call with a token, as a script would make it. Resolves to the status. */
export async function useToken(baseUrl: string, secret: string, path: string): Promise<number> {
  const reply = await fetch(baseUrl + path, { headers: { authorization: `Bearer ${secret}` } });
  await reply.arrayBuffer();
  return reply.status;
}
