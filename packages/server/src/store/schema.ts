import type { ColumnType, Generated, Insertable, Selectable, Updateable } from "kysely";

/** 0 or 1 on both databases; neither driver accepts a JavaScript boolean. */
export type Flag = 0 | 1;
/** Integer milliseconds since the epoch. */
export type Milliseconds = number;
/** JSON as text; both databases refuse text that is not valid JSON. */
export type JsonText = string;
/** A column whose value never changes after the insert. */
type Fixed<T> = ColumnType<T, T, never>;

/** Every table and its columns, the same on SQLite and PostgreSQL. */
export interface Schema {
  users: UsersTable;
  user_tags: UserTagsTable;
  sessions: SessionsTable;
  account_links: AccountLinksTable;
  server_keys: ServerKeysTable;
  instance: InstanceTable;
  tokens: TokensTable;
  token_rights: TokenRightsTable;
  token_secrets: TokenSecretsTable;
  token_secret_tries: TokenSecretTriesTable;
  token_scopes: TokenScopesTable;
  token_narrowings: TokenNarrowingsTable;
  token_use_reserve: TokenUseReserveTable;
  token_daily_use: TokenDailyUseTable;
  token_use: TokenUseTable;
  token_quarter_use: TokenQuarterUseTable;
  token_addresses: TokenAddressesTable;
  usage_recorders: UsageRecordersTable;
  usage_gaps: UsageGapsTable;
  domains: DomainsTable;
  domain_tags: DomainTagsTable;
  entities: EntitiesTable;
  entity_tags: EntityTagsTable;
  client_details: ClientDetailsTable;
  channel_details: ChannelDetailsTable;
  group_details: GroupDetailsTable;
  group_ancestry: GroupAncestryTable;
  connections: ConnectionsTable;
  roles: RolesTable;
  role_actions: RoleActionsTable;
  role_members: RoleMembersTable;
  invitations: InvitationsTable;
  audit_events: AuditEventsTable;
  audit_cuts: AuditCutsTable;
  outbox: OutboxTable;
  jobs: JobsTable;
  sign_in_failures: SignInFailuresTable;
  notices: NoticesTable;
  declined_mails: DeclinedMailsTable;
  sign_in_places: SignInPlacesTable;
  calendar_feeds: CalendarFeedsTable;
}

/** A row as read, written, or changed: `Row<"tokens">`, `NewRow<"tokens">`, `RowChange<"tokens">`. */
export type Row<Table extends keyof Schema> = Selectable<Schema[Table]>;
export type NewRow<Table extends keyof Schema> = Insertable<Schema[Table]>;
export type RowChange<Table extends keyof Schema> = Updateable<Schema[Table]>;

export type UserRole = "user" | "admin";
export type UserStatus = "enabled" | "disabled" | "deleted";
export type LinkPurpose = "verify_email" | "reset_password";
export type DomainStatus = "enabled" | "disabled" | "freezed" | "deleted";
/** Whether a token is revoked where somebody tries a secret that was replaced. */
export type OnRetiredUse = "report" | "revoke";
/** `discarded`: it was replaced before anybody used it. */
export type SecretState = "live" | "pending" | "retiring" | "retired" | "discarded";
export type EntityStatus = "enabled" | "disabled";
export type AuditOutcome = "allowed" | "refused" | "failed";
export type ActorKind = "session" | "token" | "system" | "anonymous";
/** 1 = publish, 2 = subscribe. */
export type ConnectionKind = 1 | 2;

/**
 * Each `*_key` is `searchKey()` of the column beside it, of what is unique `uniqueKey()`: written with it, compared and
 * sorted instead of it.
 */
interface UsersTable {
  id: Fixed<string>;
  username: string;
  username_key: string;
  email: string;
  email_key: string;
  first_name: Generated<string>;
  first_name_key: Generated<string>;
  last_name: Generated<string>;
  last_name_key: Generated<string>;
  role: Generated<UserRole>;
  status: Generated<UserStatus>;
  password_hash: string;
  /** 1 while the generated first admin password has not been changed. */
  password_is_initial: Generated<Flag>;
  metadata: Generated<JsonText>;
  private_metadata: Generated<JsonText>;
  profile_picture: Generated<string>;
  auth_provider: Generated<string>;
  created_at: Fixed<Milliseconds>;
  updated_at: Milliseconds | null;
  updated_by: string | null;
  verified_at: Milliseconds | null;
  deleted_at: Milliseconds | null;
}

interface UserTagsTable {
  user_id: Fixed<string>;
  tag: Fixed<string>;
  /** From 0, in the order in which they were sent; older ones all have 0. Likewise of all tags. */
  position: ColumnType<number, number | undefined, never>;
}

/** One sign-in: one family of refresh tokens, of which only the current one has its digest here. */
interface SessionsTable {
  id: Fixed<string>;
  user_id: Fixed<string>;
  description: Generated<string>;
  refresh_digest: string;
  /** Under which its refresh token is signed and digested. */
  key_version: Generated<string>;
  /** How many times the refresh token has been replaced. */
  refresh_generation: Generated<number>;
  created_at: Fixed<Milliseconds>;
  expires_at: Milliseconds;
  last_used_at: Milliseconds | null;
  address: string | null;
  user_agent: string | null;
  ended_at: Milliseconds | null;
  /** When the user's password was last given in it. */
  confirmed_at: Milliseconds;
}

/** A link that works once; who has it follows from its id under the server's key, and is kept nowhere. */
interface AccountLinksTable {
  id: Fixed<string>;
  /** `null`: nobody, asked for in vain; there as for anybody, so that the time tells nothing. */
  user_id: Fixed<string | null>;
  purpose: Fixed<LinkPurpose>;
  /** Of the link's token with the user's address and password as they were: it ends with either. */
  digest: Fixed<string>;
  key_version: Fixed<string>;
  expires_at: Fixed<Milliseconds>;
  /** The administrator who made it, with whom it ends; `null`: it was mailed. */
  made_by: Fixed<string | null>;
}

interface ServerKeysTable {
  /** The key version, as rows that used the key name it. */
  id: Fixed<string>;
  purpose: Fixed<string>;
  /** A keyed digest of a constant: tells whether the configured key is the one that was used. */
  fingerprint: Fixed<string>;
  created_at: Fixed<Milliseconds>;
  /** The key's secret, encrypted; null: it is the operator's own. Of a dropped one what verifies the audit trail. */
  wrapped: string | null;
  /** Under which of the operator's secrets. */
  wrapped_by: string | null;
  /** Since when what it proved is refused. */
  dropped_at: Milliseconds | null;
}

interface InstanceTable {
  name: Fixed<string>;
  value: string;
}

interface TokensTable {
  id: Fixed<string>;
  user_id: Fixed<string>;
  name: string;
  name_key: string;
  description: Generated<string>;
  /** When the newest of its secrets that work was made. */
  issued_at: Milliseconds;
  /** When the last of its secrets that work ends. */
  expires_at: Milliseconds;
  /** Of its first secret, in milliseconds. */
  lifetime: number;
  /** 1 where it may make itself a new secret. */
  self_rotate: Generated<Flag>;
  /** Until when a secret that it made itself may work; null where it makes none. */
  renew_until: Milliseconds | null;
  on_retired_use: Generated<OnRetiredUse>;
  /** Where, when and how often it works, as the wire has it; null where that does not matter. */
  conditions: JsonText | null;
  revoked_at: Milliseconds | null;
  /** 1 where it was revoked because its owner was disabled, and the owner has not ended it otherwise. */
  is_restorable: Generated<Flag>;
  updated_at: Milliseconds | null;
  last_used_at: Milliseconds | null;
  last_used_address: string | null;
  /** Without those that were refused. */
  use_count: Generated<number>;
  refused_count: Generated<number>;
  last_refused_at: Milliseconds | null;
  /** As in `token_use`, of the last refusal. */
  last_refused_operation: string | null;
  last_refused_domain_id: string | null;
  last_refused_entity_id: string | null;
  last_refused_because: string | null;
}

/** One secret that a token has or had. */
interface TokenSecretsTable {
  token_id: Fixed<string>;
  id: Fixed<string>;
  digest: string;
  key_version: string;
  /** The last characters of its text; null where it was made before they were kept. */
  ending: Fixed<string | null>;
  state: SecretState;
  /** 1: live; 2: pending or retiring; null: it works no more. */
  slot: 1 | 2 | null;
  created_at: Fixed<Milliseconds>;
  expires_at: Milliseconds;
  first_used_at: Milliseconds | null;
  last_used_at: Milliseconds | null;
  last_used_address: string | null;
  /** Of a pending one: when it is discarded unless it was used; of a retiring one: when it works no more. */
  dies_at: Milliseconds | null;
  /** Of a pending one: for how many milliseconds after its first use the live one works on. */
  linger: Generated<number>;
  /** Since when it works no more. */
  ended_at: Milliseconds | null;
  /** Of how many addresses that tried it since then there was word. */
  told_tries: Generated<number>;
}

/** From where a secret that works no more was tried. */
interface TokenSecretTriesTable {
  token_id: Fixed<string>;
  secret_id: Fixed<string>;
  address: Fixed<string>;
  first_at: Milliseconds;
  last_at: Milliseconds;
  tries: number;
  /** Whether an event tells of it. */
  is_told: Generated<Flag>;
}

/** What is written when a right of the token is taken away; see `RightsLocks`. */
interface TokenRightsTable {
  token_id: Fixed<string>;
}

interface TokenScopesTable {
  id: Fixed<string>;
  token_id: Fixed<string>;
  domain_id: Fixed<string>;
  entity_type: Fixed<string>;
  /** `*` means every entity of the type in the domain. */
  entity_id: Fixed<string>;
  operation: Fixed<string>;
  created_at: Fixed<Milliseconds>;
  last_used_at: Milliseconds | null;
  use_count: Generated<number>;
}

/** The last time that the token was given fewer scopes by what it did. */
interface TokenNarrowingsTable {
  token_id: Fixed<string>;
  applied_at: Milliseconds;
  /** JSON: the rows of `token_scopes` before. */
  scopes_before: string;
  /** Likewise: after. */
  scopes_after: string;
}

/** How many uses servers have taken for themselves of a token that may be used so often. */
interface TokenUseReserveTable {
  token_id: Fixed<string>;
  /** On all servers together; null where there is none any more. */
  maximum: number | null;
  /** Never grows less; as many were given or are lost. */
  reserved: Generated<number>;
}

interface TokenDailyUseTable {
  token_id: Fixed<string>;
  /** `YYYY-MM-DD` in UTC. */
  day: Fixed<string>;
  uses: number;
  refused: Generated<number>;
  /** How many rows of `token_use` the token has of that day, without those of the rest. */
  objects: Generated<number>;
  /** How many of `uses` and `refused` were counted in `token_quarter_use` too; a server before that table did not. */
  timed: Generated<number>;
}

/** How often a token was used in a quarter of an hour: days of all time zones begin with one. Kept for some weeks. */
interface TokenQuarterUseTable {
  token_id: Fixed<string>;
  starts_at: Fixed<Milliseconds>;
  uses: number;
  refused: number;
}

/** What a token did in one day with one object. */
interface TokenUseTable {
  token_id: Fixed<string>;
  /** `YYYY-MM-DD` in UTC. */
  day: Fixed<string>;
  /** `<entity type>.<operation>`, or an endpoint's id where it asks for no operation. */
  operation: Fixed<string>;
  /** Empty where no single object was concerned. */
  domain_id: Fixed<string>;
  /** Likewise; `others` without a domain: all objects beyond the number that is counted one by one. */
  entity_id: Fixed<string>;
  entity_type: Fixed<string>;
  allowed: number;
  refused: number;
  last_allowed_at: Milliseconds | null;
  last_refused_at: Milliseconds | null;
  /** The error code of the last refusal. */
  refused_because: string | null;
}

/** From where a token was shown lately. */
interface TokenAddressesTable {
  token_id: Fixed<string>;
  address: Fixed<string>;
  first_at: Milliseconds;
  last_at: Milliseconds;
  uses: number;
}

/** One server process that counts uses of tokens in its memory. */
interface UsageRecordersTable {
  id: Fixed<string>;
  /** The number of the last slice of its counts that is written. */
  slice: number;
  /** All that it counted before is written. */
  written_until: Milliseconds;
  /** If it has not written again by then, it is gone. */
  lost_after: Milliseconds;
}

/** A time of which some uses are not counted. */
interface UsageGapsTable {
  recorder_id: Fixed<string>;
  from_at: Fixed<Milliseconds>;
  to_at: Fixed<Milliseconds>;
  /** `null`: nobody knows, the process is gone. */
  uses: Fixed<number | null>;
  /** The last slice that is written of a process that is gone. */
  last_slice: Fixed<number | null>;
}

interface DomainsTable {
  id: Fixed<string>;
  name: string;
  name_key: string;
  route: Fixed<string>;
  status: Generated<DomainStatus>;
  metadata: Generated<JsonText>;
  created_by: string | null;
  created_at: Fixed<Milliseconds>;
  updated_by: string | null;
  updated_at: Milliseconds | null;
  /** `updated_at`, else `created_at`: what lists sort by. */
  touched_at: Milliseconds;
  /** For how long its records are kept, where that is longer than the server's own time. */
  audit_keep_days: number | null;
}

interface DomainTagsTable {
  domain_id: Fixed<string>;
  tag: Fixed<string>;
  position: ColumnType<number, number | undefined, never>;
}

/** What all entity types share; the key is always the whole of domain_id + type + id. */
interface EntitiesTable {
  domain_id: Fixed<string>;
  type: Fixed<string>;
  id: Fixed<string>;
  name: Generated<string>;
  name_key: Generated<string>;
  status: Generated<EntityStatus>;
  metadata: Generated<JsonText>;
  /** Always `groups` and never written: it lets `parent_id` point at an entity. */
  parent_type: ColumnType<"groups", undefined, never>;
  /** A group of the same domain; it cannot be deleted while an entity still names it. */
  parent_id: string | null;
  created_by: string | null;
  created_at: Fixed<Milliseconds>;
  updated_by: string | null;
  updated_at: Milliseconds | null;
  /** `updated_at`, else `created_at`: what lists sort by. */
  touched_at: Milliseconds;
}

interface EntityTagsTable {
  domain_id: Fixed<string>;
  type: Fixed<string>;
  tag: Fixed<string>;
  entity_id: Fixed<string>;
  position: ColumnType<number, number | undefined, never>;
}

/** `type` is always `clients` and never written: it lets the row point at its entity. */
interface ClientDetailsTable {
  domain_id: Fixed<string>;
  type: ColumnType<"clients", undefined, never>;
  id: Fixed<string>;
  identity: Generated<string>;
  secret_digest: string;
  secret_key_version: string;
  private_metadata: Generated<JsonText>;
}

interface ChannelDetailsTable {
  domain_id: Fixed<string>;
  type: ColumnType<"channels", undefined, never>;
  id: Fixed<string>;
  route: string | null;
}

interface GroupDetailsTable {
  domain_id: Fixed<string>;
  type: ColumnType<"groups", undefined, never>;
  id: Fixed<string>;
  description: string | null;
}

/** Closure of the group tree: one row for each group and each of its ancestors, itself included at depth 0. */
interface GroupAncestryTable {
  domain_id: Fixed<string>;
  descendant_id: Fixed<string>;
  ancestor_id: Fixed<string>;
  depth: number;
}

interface ConnectionsTable {
  domain_id: Fixed<string>;
  channel_id: Fixed<string>;
  client_id: Fixed<string>;
  kind: Fixed<ConnectionKind>;
}

/** A role on an entity, or on the domain itself: then entity_type is `domains` and entity_id the domain's id. */
interface RolesTable {
  id: Fixed<string>;
  domain_id: Fixed<string>;
  entity_type: Fixed<string>;
  entity_id: Fixed<string>;
  name: string;
  /** 1 for the built-in admin role, which has every action of its entity type, later ones included. */
  has_all_actions: Generated<Flag>;
  created_by: string | null;
  created_at: Fixed<Milliseconds>;
  updated_by: string | null;
  updated_at: Milliseconds | null;
}

interface RoleActionsTable {
  role_id: Fixed<string>;
  action: Fixed<string>;
}

/** Repeats the role's entity, so that a person's grants are one index read and one role per entity is a constraint. */
interface RoleMembersTable {
  role_id: string;
  user_id: Fixed<string>;
  domain_id: Fixed<string>;
  entity_type: Fixed<string>;
  entity_id: Fixed<string>;
  created_at: Fixed<Milliseconds>;
}

interface InvitationsTable {
  domain_id: Fixed<string>;
  invitee_user_id: Fixed<string>;
  invited_by: string;
  /** The token that sent it last, and the digest of its secret at that time; both null: a session did. */
  token_id: string | null;
  token_digest: string | null;
  role_id: string;
  created_at: Milliseconds;
  updated_at: Milliseconds | null;
  confirmed_at: Milliseconds | null;
  rejected_at: Milliseconds | null;
}

/** Names without foreign keys: the record outlives what it tells about. */
interface OutboxTable {
  /** Ascending in the order in which the rows were written. */
  seq: ColumnType<number, never, never>;
  target: Fixed<string>;
  event: ColumnType<JsonText, JsonText, never>;
  /** Begun, and all but a last one that is under way in vain. */
  attempts: Generated<number>;
  /** Not tried before. */
  due_at: Milliseconds;
  /** Until then one server is at it. */
  leased_until: Generated<Milliseconds>;
  last_error: string | null;
}

interface JobsTable {
  name: Fixed<string>;
  due_at: Milliseconds;
  /** The process that is at it. */
  leased_by: string | null;
  leased_until: Generated<Milliseconds>;
  last_started_at: Milliseconds | null;
  last_success_at: Milliseconds | null;
  /** Milliseconds. */
  last_duration: number | null;
  last_result: string | null;
  last_error: string | null;
  /** Since the last success. */
  failures: Generated<number>;
}

interface AuditEventsTable {
  id: Fixed<string>;
  at: Fixed<Milliseconds>;
  actor_user_id: Fixed<string | null>;
  actor_kind: Fixed<ActorKind>;
  token_id: Fixed<string | null>;
  session_id: Fixed<string | null>;
  /** For example `clients.update_tags`. */
  action: Fixed<string>;
  domain_id: Fixed<string | null>;
  entity_type: Fixed<string | null>;
  entity_id: Fixed<string | null>;
  address: Fixed<string | null>;
  request_id: Fixed<string | null>;
  details: ColumnType<JsonText, JsonText | undefined, never>;
  outcome: ColumnType<AuditOutcome, AuditOutcome | undefined, never>;
  /** Why it was refused: an error code. */
  reason: Fixed<string | null>;
  /** Where it is linked to those before it. Null in all of these: it is older than the chains. */
  chain: Fixed<string | null>;
  /** From 1, without a gap. */
  seq: Fixed<number | null>;
  /** `hash` of the entry before; empty in the first. */
  prev_hash: Fixed<string | null>;
  key_version: Fixed<string | null>;
  /** Of all other columns, under the audit key; hexadecimal. */
  hash: Fixed<string | null>;
}

/** Up to where a chain's oldest entries were removed because they were kept long enough. */
interface AuditCutsTable {
  chain: Fixed<string>;
  /** Of the last that was removed. */
  seq: number;
  hash: string;
  at: Milliseconds;
  key_version: string;
  /** Of all other columns, under the audit key. */
  mac: string;
}

interface SignInFailuresTable {
  /** `account:…`, `account:…@…` (at one network), `address:…` or `device:…`. */
  key: Fixed<string>;
  at: Fixed<Milliseconds>;
}

/** What one person was told. */
interface NoticesTable {
  id: Fixed<string>;
  user_id: Fixed<string>;
  /** Of the table `noticeKinds`. */
  kind: Fixed<string>;
  /** What it is about, so that nobody is told twice: with `user_id` and `kind` unique. */
  cause: Fixed<string>;
  created_at: Fixed<Milliseconds>;
  read_at: Milliseconds | null;
  token_id: Fixed<string | null>;
  /** Of `token_expiring`: the secret that ends. It may be forgotten since. */
  secret_id: Fixed<string | null>;
  /** Of `token_expiring`: how many milliseconds before the end there is a warning. */
  threshold: Fixed<number | null>;
  /** Of `token_expiring`: when the secret ended by what was known then. */
  ends_at: Fixed<Milliseconds | null>;
  /** Of `token_expiring`: the mail that tells of it and of what else was to be told then, by the first one's id. */
  mail_id: Fixed<string | null>;
  domain_id: Fixed<string | null>;
  address: Fixed<string | null>;
  user_agent: Fixed<string | null>;
  /** Of `mail_failed`: the kind of the notice whose mail it was. */
  failed_kind: Fixed<string | null>;
}

/** A kind of notice of which its reader wants no mails. */
interface DeclinedMailsTable {
  user_id: Fixed<string>;
  kind: Fixed<string>;
}

/** A network from which somebody has signed in. */
interface SignInPlacesTable {
  user_id: Fixed<string>;
  network: Fixed<string>;
  last_at: Milliseconds;
}

interface CalendarFeedsTable {
  user_id: Fixed<string>;
  /** What the address begins with, to find it by; no secret. */
  id: string;
  digest: string;
  key_version: string;
  created_at: Milliseconds;
  /** To the hour. */
  last_read_at: Milliseconds | null;
}
