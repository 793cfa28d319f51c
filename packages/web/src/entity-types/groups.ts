import { IconBoxMultiple } from "@tabler/icons-react";
import { api } from "../api/client.ts";
import { lazyPart } from "../ui/lazy-part.tsx";
import type { EntityTypeRow } from "./entity-type-row.ts";
import { informationTab, plainEntity } from "./shared-by-entities.ts";

export const groups = {
  ...plainEntity,
  Icon: IconBoxMultiple,
  description:
    "Clients, channels and other groups under one roof, with roles that reach all of them.",
  provisioning: ["domains.list_groups", "groups.view", "groups.set_child_client"],
  OwnFields: lazyPart(async () => (await import("./group-fields.tsx")).GroupFields),
  OwnFormFields: lazyPart(async () => (await import("./group-fields.tsx")).GroupFormFields),
  ownBody: ({ description }) => (description === "" ? {} : { description }),
  importColumns: ["description", "parent_id"],
  tabs: [
    informationTab,
    { label: "Subgroups", Icon: IconBoxMultiple, to: "/domains/$domainId/$type/$id/subgroups" },
  ],
  alsoLost: "Its roles are gone for good; what is in it stays, without a parent group.",
  hasTree: true,
  parent: {
    member: "parent_id",
    setOperation: "add_parent_group",
    set: (entity, groupId) =>
      api.groups.add_parent_group({ ...entity, body: { parent_id: groupId } }),
    remove: (entity) => api.groups.remove_parent_group(entity),
  },
  inGroup: "subgroups",
  putIntoGroup: async (group, ids) => {
    await api.groups.add_children_groups({ ...group, body: { children_ids: [...ids] } });
  },
} as const satisfies EntityTypeRow;
