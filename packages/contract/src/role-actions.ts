import type { EntityType } from "./entity-type.ts";

/** Which role actions allow an operation, by where the role is held; `undefined`: none there. */
export interface ActionsThatAllow {
  readonly own: string;
  readonly parentGroup: string | undefined;
  readonly ancestorGroup: string | undefined;
  readonly domain: string | undefined;
}

/** Role actions of a domain for services that are not kept here, as the wire lists them. */
const platformActions = [
  "alarm_update",
  "alarm_read",
  "alarm_delete",
  "rule_create",
  "rule_update",
  "rule_read",
  "rule_delete",
  "rule_manage_role",
  "rule_add_role_users",
  "rule_remove_role_users",
  "rule_view_role_users",
  "alarm_assign",
  "alarm_acknowledge",
  "alarm_resolve",
  "report_create",
  "report_update",
  "report_read",
  "report_delete",
  "report_manage_role",
  "report_add_role_users",
  "report_remove_role_users",
  "report_view_role_users",
] as const;

/** What those actions are about, by the word that they begin with. */
export const platformSubjects = [
  { singular: "alarm", title: "Alarms" },
  { singular: "rule", title: "Rules" },
  { singular: "report", title: "Reports" },
] as const;

/** On an object of the type, which the caller looked up. */
export function actionsThatAllow(type: EntityType | undefined, action: string): ActionsThatAllow {
  const nowhere = { parentGroup: undefined, ancestorGroup: undefined, domain: undefined };
  if (type === undefined || type.kind === "domain") return { own: action, ...nowhere };
  if (type.kind === "external") return { own: action, ...nowhere, domain: action };
  if (type.kind === "group") {
    return {
      own: action,
      parentGroup: belowPrefix + action,
      ancestorGroup: belowPrefix + action,
      domain: `group_${action}`,
    };
  }
  return {
    own: action,
    parentGroup: `${type.singular}_${action}`,
    ancestorGroup: `subgroup_${type.singular}_${action}`,
    domain: `${type.singular}_${action}`,
  };
}

const belowPrefix = "subgroup_";

/** Which role actions let one give the action on an object of the type to others. */
export function actionsThatGive(
  type: EntityType | undefined,
  types: readonly EntityType[],
  action: string,
): ActionsThatAllow {
  return type?.kind === "group"
    ? actionsThatGiveOnGroup(type, types, action)
    : actionsThatAllow(type, action);
}

function actionsThatGiveOnGroup(
  group: EntityType,
  types: readonly EntityType[],
  action: string,
): ActionsThatAllow {
  const plain = action.startsWith(belowPrefix) ? action.slice(belowPrefix.length) : action;
  const isOnMembers = types.some(
    ({ kind, singular }) => kind === "entity" && plain.startsWith(`${singular}_`),
  );
  return {
    own: action,
    parentGroup: belowPrefix + plain,
    ancestorGroup: belowPrefix + plain,
    domain: isOnMembers ? plain : `${group.singular}_${plain}`,
  };
}

/** Role actions that can be given on objects of each kept type, in the wire's order. */
export function roleActionsOf(
  types: readonly EntityType[],
): ReadonlyMap<string, readonly string[]> {
  const prefixed = (prefix: string, actions: readonly string[]) =>
    actions.map((action) => `${prefix}_${action}`);
  const kept = types.filter((type) => type.kind === "entity");
  const group = types.find((type) => type.kind === "group");
  const groupOwn = group?.ownActions ?? [];
  const result = new Map<string, readonly string[]>(
    kept.map((type) => [type.name, type.ownActions]),
  );
  if (group !== undefined) {
    result.set(group.name, [
      ...groupOwn,
      ...kept.map((type) => `${type.singular}_create`),
      "subgroup_create",
      ...kept.map((type) => `subgroup_${type.singular}_create`),
      ...kept.flatMap((type) => prefixed(type.singular, type.ownActions)),
      ...prefixed("subgroup", groupOwn),
      ...kept.flatMap((type) => prefixed(`subgroup_${type.singular}`, type.ownActions)),
    ]);
  }
  for (const domain of types.filter((type) => type.kind === "domain")) {
    result.set(domain.name, [
      ...new Set([
        ...domain.ownActions,
        ...kept.map((type) => `${type.singular}_create`),
        ...(group === undefined ? [] : [`${group.singular}_create`]),
        ...kept.flatMap((type) => prefixed(type.singular, type.ownActions)),
        ...(group === undefined ? [] : prefixed(group.singular, groupOwn)),
        ...platformActions,
        ...types
          .filter((type) => type.kind === "external")
          .flatMap((type) => type.operations.flatMap((row) => row.action ?? [])),
      ]),
    ]);
  }
  return result;
}
