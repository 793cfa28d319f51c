import { allEntities, type ScopeWire } from "@tessera/sdk";
import type { CatalogueReply, CatalogueType } from "../../api/catalogue.ts";

type Operation = CatalogueType["operations"][number];

export interface Preset {
  readonly label: string;
  readonly description: string;
  readonly includes: (type: CatalogueType, operation: Operation) => boolean;
  /** Only what the person may do themselves, as far as that is known. */
  readonly isLimitedToRights?: boolean;
}

const readWords = /^(view|read|list|retrieve)(_|$)/;

const isRead = ({ name }: Operation) => readWords.test(name);

/** What setting up devices takes, by entity type. */
const provisioning: Readonly<Record<string, readonly string[]>> = {
  domains: ["create_clients", "list_clients", "list_channels", "list_groups"],
  clients: [
    "view",
    "update",
    "update_tags",
    "update_secret",
    "enable",
    "set_parent_group",
    "connect_to_channel",
  ],
  channels: ["view", "connect_client"],
  groups: ["view", "set_child_client"],
};

/** Beginnings for a set of scopes; each is then a person's to change. */
export const presets: readonly Preset[] = [
  {
    label: "Read-only",
    description: "See everything in the domain, change nothing",
    includes: (_, operation) => isRead(operation),
  },
  {
    label: "Device provisioning",
    description: "Create clients, give them secrets, groups and channels",
    includes: (type, { name }) => provisioning[type.name]?.includes(name) === true,
  },
  {
    label: "CI deploy",
    description: "Create and change what is in the domain, delete nothing, manage nobody",
    includes: (type, operation) =>
      isRead(operation)
        ? !operation.name.includes("invitation")
        : type.kind === "domain"
          ? operation.name.startsWith("create_")
          : !/delete|disable|remove|disconnect/.test(operation.name),
  },
  {
    label: "Everything I may do",
    description: "All that your own rights in the domain allow at this moment",
    includes: () => true,
    isLimitedToRights: true,
  },
];

/** The scopes of a preset in a domain, each for all objects of its type. */
export function presetScopes(
  preset: Preset,
  domainId: string,
  catalogue: CatalogueReply,
): ScopeWire[] {
  return catalogue.entity_types.flatMap((type) =>
    type.operations
      .filter((operation) => preset.includes(type, operation))
      .map(({ name }) => ({
        domain_id: domainId,
        entity_type: type.name,
        entity_id: type.kind === "domain" ? domainId : allEntities,
        operation: name,
      })),
  );
}
