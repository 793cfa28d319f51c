import type { ActionsThatAllow, Catalogue, EntityType } from "@tessera/contract";

/** What a person may do with one object at this moment. */
export interface Authority {
  /** `unknown`: there is no such domain. */
  readonly domainStatus: "enabled" | "disabled" | "freezed" | "unknown";
  /** Has some action by a role on the domain itself; the precondition of every other right in it. */
  readonly isMember: boolean;
  /** Has all actions that make one an administrator of the domain. */
  readonly isDomainAdmin: boolean;
  /** Role actions that hold on the object, in the vocabulary of its type. */
  readonly actions: ReadonlySet<string>;
}

/** Role actions that a person holds, by where the roles are. */
export interface HeldActions {
  readonly own: ReadonlySet<string>;
  readonly parentGroup: ReadonlySet<string>;
  readonly ancestorGroups: ReadonlySet<string>;
  readonly domain: ReadonlySet<string>;
}

export const noActions: ReadonlySet<string> = new Set();

/** The actions that hold on an object of the type: its own, and what is inherited from groups and domain. */
export function effectiveActions(
  catalogue: Catalogue,
  type: EntityType,
  held: HeldActions,
): ReadonlySet<string> {
  if (type.kind === "domain") return held.domain;
  const actions =
    type.kind === "external" ? type.operations.map((row) => row.action ?? "") : type.ownActions;
  return new Set(
    actions.filter((action) => holdsOneOf(held, catalogue.actionsThatAllow(type.name, action))),
  );
}

/** Whether a role holds one of the actions where it counts. */
export function holdsOneOf(held: HeldActions, needed: ActionsThatAllow): boolean {
  return (
    held.own.has(needed.own) ||
    has(held.parentGroup, needed.parentGroup) ||
    has(held.ancestorGroups, needed.ancestorGroup) ||
    has(held.domain, needed.domain)
  );
}

function has(actions: ReadonlySet<string>, action: string | undefined): boolean {
  return action !== undefined && actions.has(action);
}
