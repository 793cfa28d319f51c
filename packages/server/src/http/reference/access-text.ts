import type { Access, Catalogue, Endpoint, Need, TargetSource } from "@tessera/contract";

/** Who may call an endpoint, in words for the reference; Markdown. */
export function accessText(access: Access): string {
  switch (access.kind) {
    case "operation":
      return access.needs.map(needText).join(" and ");
    case "role_action":
      return access.ofAdministrators === true
        ? "a session of an administrator of the domain"
        : `a session with ${code(access.action)} on the object`;
    case "domain_member":
      return "a session of a member of the domain, whatever their role allows";
    case "session":
      return `a session${freshText(access)}`;
    case "self_or_admin":
      return `a session of that user or of an administrator${freshText(access)}`;
    case "admin":
      return `a session of an administrator${freshText(access)}`;
    case "bearer":
      return "a session or any token";
    case "token_self":
      return `the personal access token itself${uselessText(access)}`;
    case "service":
      return "a service with a credential of its own";
    case "anyone":
      return "anyone";
    case "anonymous_limited":
      return `anyone, ${access.perMinute} times a minute for each network`;
  }
}

function freshText({ needsFreshPassword }: { readonly needsFreshPassword?: boolean }): string {
  return needsFreshPassword === true
    ? ", whose password was given lately: at sign-in or with `sessions.confirm`"
    : "";
}

function uselessText({ evenIfUseless }: { readonly evenIfUseless?: boolean }): string {
  return evenIfUseless === true
    ? ", also one that has expired or was revoked, or whose owner is disabled"
    : "";
}

/**
 * The same as whole sentences, with what it takes from tokens and from their owners.
 * `optionalMembers`: what the body need not have; then nothing is needed on it.
 */
export function accessSentences(
  access: Access,
  catalogue: Catalogue,
  optionalMembers: ReadonlySet<string>,
): string {
  if (access.kind === "anyone") return "Anyone may call this.";
  if (access.kind === "anonymous_limited") {
    return `Anyone may call this, ${access.perMinute} times a minute from each network.`;
  }
  if (access.kind === "token_self") {
    return `Needs a personal access token, whatever its scopes are; it is about that token${uselessText(access)}. No session may call this.`;
  }
  if (access.kind === "service") {
    return "Needs the credential of a service that the operator has named. Neither sessions nor personal access tokens may call this.";
  }
  if (access.kind === "bearer") {
    return "Needs a session or a personal access token, whatever its scopes are.";
  }
  if (access.kind !== "operation") {
    return `Needs ${accessText(access)}. No personal access token may call this.`;
  }
  const scopes = access.needs.map(
    (need) => `${needText(need)}${conditionText(need, optionalMembers)}`,
  );
  const actions = access.needs.flatMap((need) => actionText(need, catalogue) ?? []);
  const tokens = `A personal access token needs ${scopes.length === 1 ? "the scope" : "the scopes"} ${scopes.join(" and ")}.`;
  const isList = access.needs.some(({ operation }) => operation.includes(".list"));
  const people =
    actions.length === 0
      ? `No role action is needed${isList ? "; shown is what the owner, or whoever has signed in, may view" : ""}.`
      : `Its owner, or whoever has signed in, needs ${actions.join(" and ")}.`;
  return `${tokens} ${people}`;
}

/** `clients:view`, and where it is not the object of the path, on what. */
export function needText({ operation, on }: Need): string {
  return `${code(scopeName(operation))}${placeText(on)}`;
}

/** `clients.view` → `clients:view`, as scopes are written. */
export function scopeName(operationId: string): string {
  return operationId.replace(".", ":");
}

/** `GET /{domainId}/clients/{id}` */
export function requestText({ method, path }: Pick<Endpoint, "method" | "path">): string {
  return `${method} ${bracedPath(path)}`;
}

/** `/:domainId/clients/:id` → `/{domainId}/clients/{id}` */
export function bracedPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, "{$1}");
}

function placeText(on: TargetSource): string {
  switch (on.from) {
    case "body":
      return ` on ${code(on.member)} of the body`;
    case "current_parent":
      return " on the present parent group";
    case "any_domain":
      return " in any domain";
    case "own_domains":
      return " in the domains shown";
    case "path":
      return "";
  }
}

function conditionText({ on, unlessSelf }: Need, optionalMembers: ReadonlySet<string>): string {
  if (unlessSelf !== undefined) return ` (not with a session whose user is ${code(unlessSelf)})`;
  if (on.from === "current_parent") return " (where there is one)";
  return on.from === "body" && optionalMembers.has(on.member) ? " (where it is given)" : "";
}

function actionText({ operation, on }: Need, catalogue: Catalogue): string | undefined {
  const row = catalogue.findOperation(operation);
  if (row === undefined || row.action === null) return undefined;
  const place = on.from === "path" ? ` on the ${singularOf(row.type, catalogue)}` : placeText(on);
  return `the role action ${code(row.action)}${place}`;
}

function singularOf(type: string, catalogue: Catalogue): string {
  return catalogue.findEntityType(type)?.singular ?? type;
}

function code(text: string): string {
  return `\`${text}\``;
}
