import { type BuiltInEndpoint, endpointsOf } from "./endpoints.ts";
import type { EntityType } from "./entity-type.ts";
import type { Endpoint } from "./operation.ts";

/** What changes nothing that is worth a record, or is recorded as what it does to each of its objects. */
const unrecorded = {
  "service.authorize": "only asks",
  "tokens.explain_draft": "only asks",
  "sessions.refresh": "keeps a session alive",
  "web_session.refresh": "keeps a session alive",
  "tokens.delete_all": "tokens.delete",
  "notices.read": "only its reader is concerned",
  "notices.read_all": "only its reader is concerned",
  "channels.connect_many": "channels.connect",
  "channels.disconnect_many": "channels.disconnect",
} as const;

type UnrecordedId = keyof typeof unrecorded | `${string}.create_bulk`;

/** What happens without a request that asks for it. */
const others = {
  "sessions.reuse_detected": { subject: "sessions" },
  "sessions.new_place": { subject: "sessions" },
  "tokens.secret_confirmed": { subject: "tokens" },
  "tokens.rotation_unfinished": { subject: "tokens" },
  "tokens.retired_secret_used": { subject: "tokens" },
  "users.tokens_expiring": { subject: "users" },
  "users.purge": { subject: "users" },
  "users.reset_password_on_machine": { subject: "users" },
  "users.verify_email": { subject: "users" },
  "audit.export": { subject: "audit" },
  "keys.rotate": { subject: "keys" },
  "keys.drop": { subject: "keys" },
} as const;

/** What can have happened: a change by its endpoint, or one of the few that no endpoint asks for. */
export type EventName =
  | Exclude<Exclude<BuiltInEndpoint, { readonly method: "GET" }>["id"], UnrecordedId>
  | keyof typeof others;

/** One kind of event. */
export interface EventType {
  readonly name: string;
  /** The type of the object that it happens to: an entity type, `tokens`, `sessions` or `users`. */
  readonly subject: string;
  /** Whether the people concerned are told. */
  readonly isNoticed: boolean;
  /** Whether other systems that ask for it may be told. */
  readonly isPublished: boolean;
}

/**
 * Of what happens to somebody's account without their doing, or would help whoever has got hold of it. Of tokens that
 * end people are told before there is an event.
 */
const noticed: ReadonlySet<string> = new Set<EventName>([
  "sessions.reuse_detected",
  "sessions.new_place",
  "tokens.create",
  "tokens.regenerate",
  "tokens.extend",
  "tokens.rotate",
  "tokens.rotate_self",
  "tokens.rotation_unfinished",
  "tokens.retired_secret_used",
  "tokens.restore",
  "tokens.add_scopes",
  "tokens.undo_proposal",
  "tokens.update_conditions",
  "tokens.end_self",
  "tokens.revoke",
  "tokens.revoke_found",
  "users.change_password",
  "users.make_reset_link",
  "users.reset_password",
  "users.reset_password_on_machine",
  "users.update_email",
  "users.update_role",
  "calendar.make_feed",
  "invitations.send",
  "domains.roles.add",
  "domains.roles.add_members",
  "domains.roles.move_members",
  "domains.roles.remove_members",
  "domains.roles.remove_members_from_all",
]);

/** Events about an account that are nobody else's matter. */
const privateSubjects: ReadonlySet<string> = new Set(["sessions"]);

/** Every kind of event on a server that keeps these types, by its name. */
export function eventTypesOf(types: readonly EntityType[]): ReadonlyMap<string, EventType> {
  const rows = [
    ...endpointsOf(types)
      .filter(isRecorded)
      .map(({ id }) => [id, subjectOf(id)] as const),
    ...types.filter(isDeletedInParts).map(({ name }) => [`${name}.end_scopes`, name] as const),
    ...Object.entries(others).map(([name, { subject }]) => [name, subject] as const),
  ];
  return new Map(
    rows.map(([name, subject]) => [
      name,
      {
        name,
        subject,
        isNoticed: noticed.has(name),
        isPublished: !privateSubjects.has(subject),
      },
    ]),
  );
}

/** Of such an object scopes are ended before it is deleted, where there are very many; each part is an event. */
function isDeletedInParts({ kind }: EntityType): boolean {
  return kind === "entity" || kind === "group";
}

function isRecorded({ id, method }: Endpoint): boolean {
  return method !== "GET" && !(id in unrecorded) && !id.endsWith(".create_bulk");
}

/** What an endpoint's id begins with where its events happen to something else. */
const subjects = new Map([
  ["web_session", "sessions"],
  ["invitations", "domains"],
  ["notices", "users"],
  ["calendar", "users"],
]);

function subjectOf(name: string): string {
  const [first = ""] = name.split(".");
  return subjects.get(first) ?? first;
}
