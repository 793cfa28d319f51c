import { allEntities, type ScopeWire } from "@tessera/sdk";
import type { CatalogueReply, CatalogueType } from "../../api/catalogue.ts";
import { entityTypeRows } from "../../entity-types/rows.ts";

type Operation = CatalogueType["operations"][number];

export interface Preset {
  readonly label: string;
  readonly description: string;
  readonly includes: (type: CatalogueType, operation: Operation) => boolean;
  /** Only what the person may do themselves, as far as that is known. */
  readonly isLimitedToRights?: boolean;
}

/** What setting up devices takes. */
const provisioning: ReadonlySet<string> = new Set(
  Object.values(entityTypeRows).flatMap((row) => row.provisioning),
);

/** Who did what from where is more than most programs are to see. */
const isOfAudit = ({ name }: Operation) => name === "view_audit";

/** Beginnings for a set of scopes; each is then a person's to change. */
export const presets: readonly Preset[] = [
  {
    label: "Read-only",
    description: "See everything in the domain but who did what, change nothing",
    includes: (_, operation) => operation.is_read && !isOfAudit(operation),
  },
  {
    label: "Device provisioning",
    description: "Create clients, give them secrets, groups and channels",
    includes: (type, { name }) => provisioning.has(`${type.name}.${name}`),
  },
  {
    label: "CI deploy",
    description: "Create and change what is in the domain, delete nothing, manage nobody",
    includes: (type, operation) =>
      operation.is_read
        ? !isOfAudit(operation) && !operation.name.includes("invitation")
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
