import type { Catalogue } from "@tessera/sdk";
import { platformSubjects, roleManagementActions } from "@tessera/sdk";
import { uncapitalized } from "../../words/first-letter.ts";

/** What a role action allows, in the words of the operations. */
export interface ActionWords {
  /** `View a client; list the clients`. */
  readonly text: string;
  /** Whether it only shows what there is. */
  readonly isRead: boolean;
}

const ofRoles: Readonly<Record<(typeof roleManagementActions)[number], string>> = {
  manage_role: "Create, rename, change and delete roles",
  add_role_users: "Give roles to people",
  remove_role_users: "Take roles from people",
  view_role_users: "See the roles and who has them",
};

/** Asked by what carries the messages. */
const ofMessages: readonly (readonly [RegExp, string])[] = [
  [/(?:^|_)publish$/, "Send messages on the channel"],
  [/(?:^|_)subscribe$/, "Receive the messages of the channel"],
];

const creation = /^(?:subgroup_)?(?:(\w+)_)?create$/;

/**
 * What the action allows on an object of the type; `undefined`: nothing that this server keeps, such as the rules and
 * alarms of other services.
 */
export function actionWords(
  catalogue: Pick<Catalogue, "entityTypes" | "actionsThatAllow">,
  placeType: string,
  action: string,
): ActionWords | undefined {
  const place = catalogue.entityTypes.find(({ name }) => name === placeType);
  const isForeign = platformSubjects.some(({ singular }) => action.startsWith(`${singular}_`));
  if (place === undefined || isForeign) return undefined;
  const opened = catalogue.entityTypes.flatMap((type) =>
    type.operations.filter((operation) => {
      if (operation.action === null) return false;
      const by = catalogue.actionsThatAllow(type.name, operation.action);
      if (type.name === placeType && by.own === action) return true;
      if (place.kind === "domain") return by.domain === action;
      return place.kind === "group" && (by.parentGroup === action || by.ancestorGroup === action);
    }),
  );
  const byHand = handWords(action);
  const summaries = [
    ...(byHand === undefined ? [] : [byHand]),
    ...opened.map(({ summary }) => summary),
    ...(opened.length === 0 && byHand === undefined ? creationWords(catalogue, action) : []),
  ];
  if (summaries.length === 0) return undefined;
  return {
    text: sentenceOf([...new Set(summaries)]),
    isRead: opened.length > 0 && opened.every(({ isRead }) => isRead),
  };
}

/** Also where it is about what is in the object: `client_add_role_users`. */
function handWords(action: string): string | undefined {
  const message = ofMessages.find(([part]) => part.test(action));
  if (message !== undefined) return message[1];
  const known = roleManagementActions.find(
    (name) => action === name || action.endsWith(`_${name}`),
  );
  return known === undefined ? undefined : ofRoles[known];
}

/** What is made in a group takes a right there that no operation names. */
function creationWords({ entityTypes }: Pick<Catalogue, "entityTypes">, action: string) {
  const [match, singular] = creation.exec(action) ?? [];
  if (match === undefined) return [];
  const type = entityTypes.find(
    (one) => one.singular === singular || (singular === undefined && one.kind === "group"),
  );
  return type === undefined ? [] : [`Create a ${type.singular} there`];
}

function sentenceOf([first = "", ...rest]: readonly string[]): string {
  return [first, ...rest.map(uncapitalized)].join("; ");
}
