import { randomUUID } from "node:crypto";
import type { builtInOperations, Endpoint, EndpointsOf, Need, ScopeWire } from "@tessera/contract";
import { type Caller, requireStatus, type TestApp, type TestUser } from "./start-app.ts";

/** A domain with one object for every operation to work on, and its owner. */
export interface World {
  readonly owner: TestUser;
  readonly domainId: string;
  readonly otherDomainId: string;
  readonly client: string;
  readonly disabledClient: string;
  /** In the group `parent`, and connected to `connectedChannel`. */
  readonly connectedClient: string;
  readonly channel: string;
  readonly disabledChannel: string;
  readonly connectedChannel: string;
  readonly parent: string;
  readonly group: string;
  readonly disabledGroup: string;
  /** A child of `parent`. */
  readonly childGroup: string;
  readonly roleId: string;
  readonly invitable: TestUser;
  readonly invited: TestUser;
}

export async function buildWorld(testApp: TestApp): Promise<World> {
  const owner = await testApp.newUser();
  const domainId = await testApp.newDomain(owner);
  const otherDomainId = await testApp.newDomain(owner);
  /** The ids of new objects, in the order of the bodies. */
  const make = async (collection: string, ...bodies: object[]): Promise<readonly string[]> => {
    const named = bodies.map((body, index) => ({ ...body, name: `${index} ${randomUUID()}` }));
    const path = `/${domainId}/${collection}/bulk`;
    const made: { name: string; id: string }[] = requireStatus(
      await owner.call("POST", path, named),
      200,
    )[collection];
    return named.map(({ name }) => made.find((each) => each.name === name)?.id ?? "");
  };
  const disabled = { status: "disabled" };
  const [parent = ""] = await make("groups", {});
  const inGroup = { parent_group_id: parent };
  const [client = "", disabledClient = "", connectedClient = ""] = await make(
    "clients",
    {},
    disabled,
    inGroup,
  );
  const [channel = "", disabledChannel = "", connectedChannel = ""] = await make(
    "channels",
    {},
    disabled,
    inGroup,
  );
  const [group = "", disabledGroup = "", childGroup = ""] = await make("groups", {}, disabled, {
    parent_id: parent,
  });
  const connection = { client_ids: [connectedClient], types: ["publish"] };
  const connect = `/${domainId}/channels/${connectedChannel}/connect`;
  requireStatus(await owner.call("POST", connect, connection), 201);
  const role = { role_name: "viewer", optional_actions: ["read"] };
  const made = await owner.call("POST", `/domains/${domainId}/roles`, role);
  const roleId: string = requireStatus(made, 201).id;
  const invited = await testApp.newUser();
  const invitation = { invitee_user_id: invited.id, role_id: roleId };
  const invite = `/domains/${domainId}/invitations`;
  requireStatus(await owner.call("POST", invite, invitation), 201);
  return {
    owner,
    domainId,
    otherDomainId,
    client,
    disabledClient,
    connectedClient,
    channel,
    disabledChannel,
    connectedChannel,
    parent,
    group,
    disabledGroup,
    childGroup,
    roleId,
    invitable: await testApp.newUser(),
    invited,
  };
}

export type OperationEndpoint = EndpointsOf<typeof builtInOperations>;

interface RequestParts {
  readonly id?: string;
  readonly userId?: string;
  readonly body?: object;
  /** Operations on the domain that the request opens to somebody: a token needs them too. */
  readonly gives?: readonly string[];
}

const named = { name: "renamed" };
const tagged = { tags: ["a"] };

/** What to send to each endpoint; the compiler names the one that is missing. */
const requests: { readonly [Id in OperationEndpoint["id"]]: (w: World) => RequestParts } = {
  "clients.view": (w) => ({ id: w.client }),
  "clients.update": (w) => ({ id: w.client, body: named }),
  "clients.update_tags": (w) => ({ id: w.client, body: tagged }),
  "clients.update_secret": (w) => ({ id: w.client, body: { secret: `s-${randomUUID()}` } }),
  "clients.enable": (w) => ({ id: w.disabledClient }),
  "clients.disable": (w) => ({ id: w.client }),
  "clients.delete": (w) => ({ id: w.client }),
  "clients.set_parent_group": (w) => ({ id: w.client, body: { parent_group_id: w.parent } }),
  "clients.remove_parent_group": (w) => ({ id: w.connectedClient }),
  "channels.view": (w) => ({ id: w.channel }),
  "channels.update": (w) => ({ id: w.channel, body: named }),
  "channels.update_tags": (w) => ({ id: w.channel, body: tagged }),
  "channels.enable": (w) => ({ id: w.disabledChannel }),
  "channels.disable": (w) => ({ id: w.channel }),
  "channels.delete": (w) => ({ id: w.channel }),
  "channels.set_parent_group": (w) => ({ id: w.channel, body: { parent_group_id: w.parent } }),
  "channels.remove_parent_group": (w) => ({ id: w.connectedChannel }),
  "channels.connect": (w) => ({
    id: w.channel,
    body: { client_ids: [w.client], types: ["publish"] },
  }),
  "channels.connect_many": (w) => ({
    body: { channel_ids: [w.channel], client_ids: [w.client], types: ["publish", "subscribe"] },
  }),
  "channels.disconnect": (w) => ({
    id: w.connectedChannel,
    body: { client_ids: [w.connectedClient], types: ["publish"] },
  }),
  "channels.disconnect_many": (w) => ({
    body: {
      channel_ids: [w.connectedChannel],
      client_ids: [w.connectedClient],
      types: ["publish"],
    },
  }),
  "groups.view": (w) => ({ id: w.group }),
  "groups.update": (w) => ({ id: w.group, body: named }),
  "groups.update_tags": (w) => ({ id: w.group, body: tagged }),
  "groups.enable": (w) => ({ id: w.disabledGroup }),
  "groups.disable": (w) => ({ id: w.group }),
  "groups.delete": (w) => ({ id: w.group }),
  "groups.hierarchy": (w) => ({ id: w.group }),
  "groups.add_parent_group": (w) => ({ id: w.group, body: { parent_id: w.parent } }),
  "groups.remove_parent_group": (w) => ({ id: w.childGroup }),
  "groups.add_children_groups": (w) => ({ id: w.parent, body: { children_ids: [w.group] } }),
  "groups.remove_children_groups": (w) => ({
    id: w.parent,
    body: { children_ids: [w.childGroup] },
  }),
  "groups.remove_all_children_groups": (w) => ({ id: w.parent }),
  "groups.list_children_groups": (w) => ({ id: w.parent }),
  "domains.create": () => ({ body: { name: "Plant", route: `r${randomUUID().slice(0, 13)}` } }),
  "domains.update": () => ({ body: named }),
  "domains.view": () => ({}),
  "domains.enable": () => ({}),
  "domains.disable": () => ({}),
  "domains.list": () => ({}),
  "domains.list_of_user": (w) => ({ userId: w.owner.id }),
  "invitations.send": (w) => ({
    body: { invitee_user_id: w.invitable.id, role_id: w.roleId },
    gives: ["domains.read"],
  }),
  "invitations.list": () => ({}),
  "invitations.list_of_domain": () => ({}),
  "audit.list_of_domain": () => ({}),
  "invitations.delete": (w) => ({ body: { user_id: w.invited.id } }),
  "clients.create": (w) => ({ body: { ...named, parent_group_id: w.parent } }),
  "clients.create_bulk": (w) => ({
    body: [named, { ...named, parent_group_id: w.parent }] as object,
  }),
  "clients.list": () => ({}),
  "clients.list_of_user": (w) => ({ userId: w.owner.id }),
  "channels.create": (w) => ({ body: { ...named, parent_group_id: w.parent } }),
  "channels.create_bulk": (w) => ({
    body: [named, { ...named, parent_group_id: w.parent }] as object,
  }),
  "channels.list": () => ({}),
  "channels.list_of_user": (w) => ({ userId: w.owner.id }),
  "groups.create": (w) => ({ body: { ...named, parent_id: w.parent } }),
  "groups.create_bulk": (w) => ({ body: [named, { ...named, parent_id: w.parent }] as object }),
  "groups.list": () => ({}),
  "groups.list_of_user": (w) => ({ userId: w.owner.id }),
};

/** A request to an endpoint of the world, ready to be sent by any caller. */
export interface WorldRequest {
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly body: object | undefined;
  /** One scope for every object on which a right is needed, in the order in which they are asked. */
  readonly scopes: readonly ScopeWire[];
  send(caller: Caller): ReturnType<Caller["call"]>;
}

export function requestTo(endpoint: Endpoint, world: World): WorldRequest {
  const { id, userId, body, gives = [] } = requests[endpoint.id as OperationEndpoint["id"]](world);
  const path = endpoint.path
    .replace(":domainId", world.domainId)
    .replace(":userId", userId ?? "")
    .replace(":id", id ?? "");
  const { access } = endpoint;
  const needs = access.kind === "operation" ? access.needs : [];
  return {
    endpoint,
    path,
    body,
    scopes: [
      ...needs.flatMap((need) => scopesFor(need, world, id, body)),
      ...gives.flatMap((operation) =>
        scopesFor({ operation, on: { from: "path" } }, world, id, body),
      ),
    ],
    send: (caller) => caller.call(endpoint.method, path, body),
  };
}

function scopesFor(
  { operation, on }: Need,
  { domainId, parent }: World,
  pathId: string | undefined,
  body: object | undefined,
): readonly ScopeWire[] {
  const [type = "", name = ""] = operation.split(".");
  const scope = (entityId: string) => ({
    domain_id: domainId,
    entity_type: type,
    entity_id: type === "domains" ? domainId : entityId,
    operation: name,
  });
  switch (on.from) {
    case "body":
      return idsIn(body, on.member).map(scope);
    case "current_parent":
      return [scope(parent)];
    default:
      return [scope(pathId ?? "")];
  }
}

function idsIn(body: unknown, member: string): readonly string[] {
  const objects = (Array.isArray(body) ? body : [body]) as Readonly<Record<string, unknown>>[];
  return objects.flatMap((object) => (object[member] ?? []) as string | string[]);
}
