import type { Icon } from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { BuiltInOperationId, Entity, EntityTypeName, NewEntity } from "../api/entities.ts";
import type { Rights } from "../api/rights.ts";
import type { RolePlace } from "../api/roles.ts";
import type { DataColumn } from "../ui/data-table.tsx";

/** What is said and shown of any type, also of one that only the operator's configuration knows. */
export interface PlainRow {
  readonly Icon: Icon;
}

/** What differs by the type of the object that roles are on. */
export interface RolePlaceRow extends PlainRow {
  /** The address of a role's page. */
  readonly rolePath: (place: RolePlace, roleId: string) => string;
  /** Who can get a role there, and what giving one does. */
  readonly whoCanJoin: string;
  /** The same where a role is given to more people; empty: nothing to be said. */
  readonly whoCanBeAdded: string;
  /** Taking all roles there from somebody. */
  readonly removal: { readonly title: string; readonly consequence: string };
  /** What else comes of losing one role; empty: nothing. */
  readonly lossOfRole: string;
  /** What else comes of a role being deleted; empty: nothing. */
  readonly lossOfDeletedRole: string;
  /** Whether people come there by different ways. */
  readonly hasWays: boolean;
}

/** The addresses below the page of an entity. */
export type TabPath =
  | "/domains/$domainId/$type/$id"
  | `/domains/$domainId/$type/$id/${"connections" | "subgroups" | "$contents" | "roles" | "members" | "reach"}`;

export interface TabRow {
  readonly label: string;
  readonly Icon: Icon;
  readonly to: TabPath;
  /** What is in a group, of one type. */
  readonly contents?: EntityTypeName;
  readonly isExact?: boolean;
}

export interface OwnFieldsProps {
  readonly entity: Entity;
  readonly rights: Rights;
  readonly isLocked: boolean;
  readonly onUpdate: (body: { readonly description?: string }) => Promise<unknown>;
}

/** The texts of the form that creates an entity, as far as one type alone has them. */
export interface OwnValues {
  readonly secret: string;
  readonly identity: string;
  readonly route: string;
  readonly description: string;
}

export interface OwnFormFieldsProps {
  readonly inputProps: (field: keyof OwnValues) => object;
}

interface OfEntity {
  readonly domainId: string;
  readonly id: string;
}

/** What connects a client with channels, or a channel with clients. */
export interface ConnectionRow {
  readonly other: EntityTypeName;
  /** The filter of the other type's list that names this side. */
  readonly filter: "client" | "channel";
  readonly connectOperation: string;
  readonly disconnectOperation: string;
  readonly idsOf: (
    id: string,
    others: string[],
  ) => { readonly channel_ids: string[]; readonly client_ids: string[] };
}

/** Everything that differs by the type of an entity. */
export interface EntityTypeRow extends RolePlaceRow {
  readonly description: string;
  /** What setting up devices takes of it, also of what is done to the domain. */
  readonly provisioning: readonly BuiltInOperationId[];
  /** The columns of its tables beside those that all have. */
  readonly columns: readonly DataColumn<Entity>[];
  /** Shown above all else on the page of an entity. */
  readonly Notice?: ComponentType<{ readonly entity: Entity }>;
  /** The fields of its page beside those that all have. */
  readonly OwnFields: ComponentType<OwnFieldsProps>;
  /** The fields of the form that creates one, beside those that all have. */
  readonly OwnFormFields: ComponentType<OwnFormFieldsProps>;
  /** What those fields say of the new entity. */
  readonly ownBody: (values: OwnValues) => Partial<NewEntity>;
  /** The columns of a file that lists many, beside those that all have. */
  readonly importColumns: readonly string[];
  /** The parts of its page, beside roles and members. */
  readonly tabs: readonly TabRow[];
  /** What is lost with one that is deleted. */
  readonly alsoLost: string;
  readonly hasTree: boolean;
  /** The group that it is in. */
  readonly parent: {
    readonly member: "parent_id" | "parent_group_id";
    readonly setOperation: string;
    readonly set: (entity: OfEntity, groupId: string) => Promise<unknown>;
    readonly remove: (entity: OfEntity) => Promise<unknown>;
  };
  /** What it is called as part of a group. */
  readonly inGroup: string;
  /**
   * Puts entities of the type into a group; tells of each that is done before the others, so that it is not sent
   * again after a failure.
   */
  readonly putIntoGroup: (
    group: OfEntity,
    ids: readonly string[],
    onPut: (id: string) => void,
  ) => Promise<void>;
  /** `undefined`: entities of the type are not connected to others. */
  readonly connections: ConnectionRow | undefined;
}
