import type { StoredRow } from "./verify-chains.ts";

/** https://schema.ocsf.io/1.6.0 */
const schemaVersion = "1.6.0";
const iam = 3;
const applicationActivity = 6;
const other = 99;

interface EventClass {
  readonly uid: number;
  readonly name: string;
  readonly category: number;
}

const classes = {
  account: { uid: 3001, name: "Account Change", category: iam },
  authentication: { uid: 3002, name: "Authentication", category: iam },
  authorize: { uid: 3003, name: "Authorize Session", category: iam },
  entity: { uid: 3004, name: "Entity Management", category: iam },
  api: { uid: 6003, name: "API Activity", category: applicationActivity },
} as const satisfies Readonly<Record<string, EventClass>>;

/** By the last word of the action: the first that it begins with. */
const accountActivities = [
  ["register", 1],
  ["enable", 2],
  ["change_password", 3],
  ["reset_password", 4],
  ["disable", 5],
  ["delete", 6],
  ["purge", 6],
] as const;
const authenticationActivities = [
  ["create", 1],
  ["issue", 1],
  ["sign_in", 1],
  ["end", 2],
  ["reuse_detected", 2],
  ["revoke", 2],
  ["delete", 2],
  ["sign_out", 2],
] as const;
const authorizeActivities = [
  ["add_members", 2],
  ["add", 1],
] as const;
const entityActivities = [
  ["create", 1],
  ["view", 2],
  ["export", 2],
  ["delete", 4],
  ["add_parent", 5],
  ["remove_parent", 5],
  ["add_children", 5],
  ["remove_children", 5],
  ["remove_all_children", 5],
  ["enable", 8],
  ["disable", 9],
  ["", 3],
] as const;
const apiActivities = [
  ["create", 1],
  ["view", 2],
  ["read", 2],
  ["list", 2],
  ["update", 3],
  ["set", 3],
  ["delete", 4],
  ["remove", 4],
] as const;

type Activities = readonly (readonly [string, number])[];

/** A record as an event of the Open Cybersecurity Schema Framework, as a line of JSON without its end. */
export function ocsfLine(row: StoredRow, product: { readonly version: string }): string {
  return JSON.stringify(toOcsf(row, product));
}

function toOcsf(row: StoredRow, product: { readonly version: string }) {
  const [kind, activities] = classOf(row);
  const { uid, name, category } = classes[kind];
  const activity = activityOf(row.action, activities);
  const isAllowed = row.outcome === "allowed";
  const details = JSON.parse(row.details) as Details;
  return {
    metadata: {
      version: schemaVersion,
      product: { name: "Tessera", vendor_name: "Tessera", version: product.version },
      uid: row.id,
      event_code: row.action,
      log_name: row.chain ?? undefined,
      log_provider: "Tessera",
      original_time: String(row.at),
      sequence: row.seq ?? undefined,
      correlation_uid: row.request_id || undefined,
      tenant_uid: row.domain_id ?? undefined,
    },
    category_uid: category,
    class_uid: uid,
    class_name: name,
    activity_id: activity,
    activity_name: activity === other ? row.action : undefined,
    type_uid: uid * 100 + activity,
    time: row.at,
    count: whole(details.count),
    start_time: whole(details.first_at),
    end_time: whole(details.last_at),
    severity_id: isAllowed ? 1 : 2,
    severity: isAllowed ? "Informational" : "Low",
    status_id: isAllowed ? 1 : 2,
    status: isAllowed ? "Success" : "Failure",
    status_code: row.reason ?? undefined,
    status_detail: row.reason ?? undefined,
    message: `${row.action} ${row.outcome}`,
    actor: {
      user: row.actor_kind === "system" ? undefined : person(provenUser(row)),
      session: row.session_id === null ? undefined : { uid: row.session_id },
      app_name: row.actor_kind === "system" ? "Tessera" : undefined,
    },
    src_endpoint: row.address ? { ip: row.address } : { name: "unknown" },
    ...subjectOf(kind, row, details),
    unmapped: {
      outcome: row.outcome,
      actor_kind: row.actor_kind,
      token_id: row.token_id,
      domain_id: row.domain_id,
      details,
    },
  };
}

type Details = Readonly<Record<string, unknown>>;

/** What the class asks for besides. */
function subjectOf(kind: keyof typeof classes, row: StoredRow, details: Details) {
  const id = row.entity_id || undefined;
  switch (kind) {
    case "account":
      return { user: person(row.entity_id) };
    case "authentication":
      return {
        user: person(row.actor_user_id),
        session: { uid: row.session_id ?? row.token_id ?? id },
        service: { name: "Tessera" },
      };
    case "authorize":
      return granted(row, details);
    case "entity":
      return {
        entity: { uid: id ?? row.action, type_id: other, type: row.entity_type || "unknown" },
      };
    case "api":
      return {
        api: {
          operation: row.action,
          request: row.request_id ? { uid: row.request_id } : undefined,
        },
        resources: id === undefined ? undefined : [{ uid: id, type: row.entity_type || undefined }],
      };
  }
}

/** Who may do more, and what: a token that its owner gives scopes, a role with actions, people with a role. */
function granted(row: StoredRow, details: Details) {
  const id = row.entity_id ?? "";
  if (row.action.endsWith(".add_scopes")) {
    const scopes = list(details.scopes).map((scope) => JSON.stringify(scope));
    return {
      user: person(row.actor_user_id),
      session: { uid: id },
      privileges: scopes.length > 0 ? scopes : [row.action],
    };
  }
  const role = { uid: id, name: id, type: "Role", type_id: other };
  if (row.action.endsWith(".add_actions")) {
    const actions = list(details.actions).map(String);
    return { user: role, privileges: actions.length > 0 ? actions : [row.action] };
  }
  const [only, ...more] = list(details.members).map(String);
  // The class knows one user; all of them stand in what is not mapped.
  const user = only === undefined || more.length > 0 ? role : person(only);
  return { user, group: { uid: id, type: "Role" } };
}

/** Whoever shows a wrong secret of a user's token is not that user. */
function provenUser({ actor_kind, actor_user_id }: StoredRow): string | null {
  return actor_kind === "anonymous" ? null : actor_user_id;
}

/** Nobody: who did it was not known. */
function person(id: string | null) {
  return id
    ? { uid: id, type_id: 1, type: "User" }
    : { name: "unknown", type_id: 0, type: "Unknown" };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function whole(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function classOf(row: StoredRow): readonly [keyof typeof classes, Activities] {
  const { action, outcome } = row;
  if (outcome !== "allowed") return ["api", apiActivities];
  if (/\.add_(members|scopes|actions)$/.test(action)) return ["authorize", authorizeActivities];
  const [subject] = action.split(".", 1);
  if (subject === "users") return ["account", accountActivities];
  if (subject === "sessions" || subject === "web_session") {
    return ["authentication", authenticationActivities];
  }
  return ["entity", entityActivities];
}

function activityOf(action: string, activities: Activities): number {
  const word = action.slice(action.lastIndexOf(".") + 1);
  return activities.find(([beginning]) => word.startsWith(beginning))?.[1] ?? other;
}
