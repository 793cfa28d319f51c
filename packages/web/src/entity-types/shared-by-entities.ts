import { IconAdjustments, IconPlugConnected } from "@tabler/icons-react";
import type { EntityTypeRow, RolePlaceRow, TabRow } from "./entity-type-row.ts";

/** What is said of roles on every entity. */
const rolesOnEntities = {
  rolePath: ({ domainId, type, id }, roleId) =>
    `/domains/${domainId}/${type}/${id}/roles/${roleId}`,
  whoCanJoin: "Only members of the domain can get a role here.",
  whoCanBeAdded: "Only members of the domain can get a role here.",
  removal: {
    title: "Remove from the roles here",
    consequence: "loses the roles held here. What roles in groups or in the domain allow stays.",
  },
  lossOfRole: "",
  lossOfDeletedRole: "",
  hasWays: true,
} satisfies Omit<RolePlaceRow, "Icon">;

export const informationTab: TabRow = {
  label: "Information",
  Icon: IconAdjustments,
  to: "/domains/$domainId/$type/$id",
  isExact: true,
};

export const connectionsTab: TabRow = {
  label: "Connections",
  Icon: IconPlugConnected,
  to: "/domains/$domainId/$type/$id/connections",
};

/** What an entity type has that has nothing of its own; each says what it has besides. */
export const plainEntity = {
  ...rolesOnEntities,
  provisioning: [],
  columns: [],
  OwnFields: () => null,
  OwnFormFields: () => null,
  ownBody: () => ({}),
  importColumns: ["parent_group_id"],
  tabs: [informationTab],
  alsoLost: "Its roles are gone for good.",
  hasTree: false,
  connections: undefined,
} as const satisfies Partial<EntityTypeRow>;

/** For types whose entities enter a group one by one. */
export function putOneByOne({ set }: EntityTypeRow["parent"]): EntityTypeRow["putIntoGroup"] {
  return async (group, ids, onPut) => {
    for (const id of ids) {
      await set({ domainId: group.domainId, id }, group.id);
      onPut(id);
    }
  };
}

/** For types that call the group they are in their parent group. */
export function parentGroupCalls(calls: {
  set_parent_group(input: {
    readonly domainId: string;
    readonly id: string;
    readonly body: { readonly parent_group_id: string };
  }): Promise<unknown>;
  remove_parent_group(input: { readonly domainId: string; readonly id: string }): Promise<unknown>;
}): EntityTypeRow["parent"] {
  return {
    member: "parent_group_id",
    setOperation: "set_parent_group",
    set: (entity, groupId) =>
      calls.set_parent_group({ ...entity, body: { parent_group_id: groupId } }),
    remove: (entity) => calls.remove_parent_group(entity),
  };
}
