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
  ["revoke", 2],
  ["delete", 2],
  ["sign_out", 2],
] as const;
const authorizeActivities = [["add", 1]] as const;
const entityActivities = [
  ["create", 1],
  ["view", 2],
  ["export", 2],
  ["delete", 4],
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
  const user = { uid: row.actor_user_id ?? "", type_id: row.actor_user_id === null ? 0 : 1 };
  const object = { uid: row.entity_id ?? "", type: row.entity_type ?? "" };
  return {
    metadata: {
      version: schemaVersion,
      product: { name: "Tessera", vendor_name: "Tessera", version: product.version },
      uid: row.id,
      event_code: row.action,
      log_name: row.chain ?? undefined,
      sequence: row.seq ?? undefined,
      correlation_uid: row.request_id || undefined,
    },
    category_uid: category,
    class_uid: uid,
    class_name: name,
    activity_id: activity,
    activity_name: activity === other ? row.action : undefined,
    type_uid: uid * 100 + activity,
    time: row.at,
    severity_id: isAllowed ? 1 : 2,
    status_id: isAllowed ? 1 : 2,
    status_detail: row.reason ?? undefined,
    message: `${row.action} ${row.outcome}`,
    actor: {
      user,
      session: row.session_id === null ? undefined : { uid: row.session_id },
      app_name: row.actor_kind === "system" ? "Tessera" : undefined,
    },
    src_endpoint: { ip: row.address || undefined, uid: row.address ? undefined : "unknown" },
    ...subjectOf(kind, row, object),
    unmapped: {
      outcome: row.outcome,
      actor_kind: row.actor_kind,
      token_id: row.token_id,
      domain_id: row.domain_id,
      details: JSON.parse(row.details),
    },
  };
}

/** What the class asks for besides. */
function subjectOf(
  kind: keyof typeof classes,
  row: StoredRow,
  object: { readonly uid: string; readonly type: string },
) {
  switch (kind) {
    case "account":
      return { user: { uid: object.uid } };
    case "authentication":
    case "authorize":
      return {
        user: { uid: row.actor_user_id ?? "" },
        session: { uid: row.session_id ?? row.token_id ?? object.uid },
        privileges: kind === "authorize" ? [row.action] : undefined,
      };
    case "entity":
      return { entity: object };
    case "api":
      return { api: { operation: row.action, request: { uid: row.request_id ?? "" } } };
  }
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
