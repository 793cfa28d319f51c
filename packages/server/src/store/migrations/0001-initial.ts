import type { SqlWords } from "./sql-words.ts";

export function initialStatements(words: SqlWords): string[] {
  return [
    ...people(words),
    ...serverKeys(words),
    ...tokens(words),
    ...domains(words),
    ...entities(words),
    ...entityDetails(words),
    ...groupTree(words),
    ...connections(words),
    ...roles(words),
    ...invitations(words),
    ...records(words),
  ];
}

function people({ text, integer, json, end, endKeyOnly }: SqlWords): string[] {
  return [
    `create table users (
      id ${text} not null primary key,
      username ${text} not null,
      username_key ${text} not null,
      email ${text} not null,
      email_key ${text} not null,
      first_name ${text} not null default '',
      first_name_key ${text} not null default '',
      last_name ${text} not null default '',
      last_name_key ${text} not null default '',
      role ${text} not null default 'user' check (role in ('user', 'admin')),
      status ${text} not null default 'enabled' check (status in ('enabled', 'disabled', 'deleted')),
      password_hash ${text} not null,
      password_is_initial ${integer} not null default 0 check (password_is_initial in (0, 1)),
      ${json("metadata")},
      ${json("private_metadata")},
      profile_picture ${text} not null default '',
      auth_provider ${text} not null default '',
      created_at ${integer} not null,
      updated_at ${integer},
      updated_by ${text},
      verified_at ${integer},
      deleted_at ${integer}
    ${end}`,
    "create unique index user_username on users (username_key)",
    "create unique index user_email on users (email_key)",
    "create index users_by_creation on users (created_at, id)",
    "create index users_by_status_and_role on users (status, role, username_key, id)",
    "create index users_by_touch on users (coalesce(updated_at, created_at), id)",
    "create index users_by_status_and_touch on users (status, coalesce(updated_at, created_at), id)",
    "create index users_by_status_and_creation on users (status, created_at, id)",
    "create index users_by_status_and_username on users (status, username_key, id)",
    "create index users_by_status_and_email on users (status, email_key, id)",
    "create index users_by_first_name on users (first_name_key, id)",
    "create index users_by_status_and_first_name on users (status, first_name_key, id)",
    "create index users_by_last_name on users (last_name_key, id)",
    "create index users_by_status_and_last_name on users (status, last_name_key, id)",
    "create index users_with_initial_password on users (id) where password_is_initial = 1",

    `create table user_tags (
      user_id ${text} not null references users (id) on delete cascade,
      tag ${text} not null,
      primary key (user_id, tag)
    ${endKeyOnly}`,
    "create index user_tags_by_tag on user_tags (tag, user_id)",

    `create table sessions (
      id ${text} not null primary key,
      user_id ${text} not null references users (id) on delete cascade,
      description ${text} not null default '',
      refresh_digest ${text} not null,
      refresh_generation ${integer} not null default 0,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      last_used_at ${integer},
      address ${text},
      user_agent ${text},
      ended_at ${integer}
    ${end}`,
    "create unique index session_refresh_digest on sessions (refresh_digest)",
    "create index sessions_by_user on sessions (user_id)",
    "create index sessions_by_expiry on sessions (expires_at)",
  ];
}

function serverKeys({ text, integer, end }: SqlWords): string[] {
  return [
    `create table server_keys (
      id ${text} not null primary key,
      purpose ${text} not null,
      fingerprint ${text} not null,
      created_at ${integer} not null
    ${end}`,
    `create table instance (
      name ${text} not null primary key,
      value ${text} not null
    ${end}`,
  ];
}

function tokens({ text, integer, end, endKeyOnly, nullsFirst }: SqlWords): string[] {
  return [
    `create table tokens (
      id ${text} not null primary key,
      user_id ${text} not null references users (id) on delete cascade,
      name ${text} not null,
      name_key ${text} not null,
      description ${text} not null default '',
      digest ${text} not null,
      key_version ${text} not null,
      issued_at ${integer} not null,
      expires_at ${integer} not null,
      revoked_at ${integer},
      updated_at ${integer},
      last_used_at ${integer},
      last_used_address ${text},
      use_count ${integer} not null default 0
    ${end}`,
    "create index tokens_by_issue on tokens (user_id, issued_at, id)",
    "create index tokens_by_name on tokens (user_id, name_key, id)",
    "create index tokens_by_expiry on tokens (user_id, expires_at, id)",
    `create index tokens_by_last_use on tokens (user_id, last_used_at${nullsFirst}, id)`,

    `create table token_scopes (
      id ${text} not null primary key,
      token_id ${text} not null references tokens (id) on delete cascade,
      domain_id ${text} not null,
      entity_type ${text} not null,
      entity_id ${text} not null,
      operation ${text} not null,
      created_at ${integer} not null,
      last_used_at ${integer},
      use_count ${integer} not null default 0
    ${end}`,
    "create unique index token_scope on token_scopes (token_id, domain_id, entity_type, operation, entity_id)",
    "create index token_scopes_by_entity on token_scopes (domain_id, entity_type, entity_id)",

    `create table token_daily_use (
      token_id ${text} not null references tokens (id) on delete cascade,
      day ${text} not null,
      uses ${integer} not null,
      primary key (token_id, day)
    ${endKeyOnly}`,
  ];
}

function domains({ text, integer, json, end, endKeyOnly }: SqlWords): string[] {
  return [
    `create table domains (
      id ${text} not null primary key,
      name ${text} not null,
      name_key ${text} not null,
      route ${text} not null,
      status ${text} not null default 'enabled' check (status in ('enabled', 'disabled', 'freezed', 'deleted')),
      ${json("metadata")},
      created_by ${text},
      created_at ${integer} not null,
      updated_by ${text},
      updated_at ${integer},
      touched_at ${integer} not null
    ${end}`,
    "create unique index domain_route on domains (route)",
    "create index domains_by_touch on domains (touched_at, id)",
    "create index domains_by_name on domains (name_key, id)",
    "create index domains_by_creation on domains (created_at, id)",
    "create index domains_by_status_and_touch on domains (status, touched_at, id)",
    "create index domains_by_status_and_name on domains (status, name_key, id)",
    "create index domains_by_status_and_creation on domains (status, created_at, id)",

    `create table domain_tags (
      domain_id ${text} not null references domains (id) on delete cascade,
      tag ${text} not null,
      primary key (domain_id, tag)
    ${endKeyOnly}`,
    "create index domain_tags_by_tag on domain_tags (tag, domain_id)",
  ];
}

function entities({ text, integer, json, end, endKeyOnly }: SqlWords): string[] {
  return [
    `create table entities (
      domain_id ${text} not null references domains (id) on delete cascade,
      type ${text} not null,
      id ${text} not null,
      name ${text} not null default '',
      name_key ${text} not null default '',
      status ${text} not null default 'enabled' check (status in ('enabled', 'disabled')),
      ${json("metadata")},
      parent_type ${text} not null default 'groups' check (parent_type = 'groups'),
      parent_id ${text},
      created_by ${text},
      created_at ${integer} not null,
      updated_by ${text},
      updated_at ${integer},
      touched_at ${integer} not null,
      primary key (domain_id, type, id),
      foreign key (domain_id, parent_type, parent_id) references entities (domain_id, type, id)
    ${end}`,
    "create index entities_by_status_and_touch on entities (domain_id, type, status, touched_at, id)",
    "create index entities_by_touch on entities (domain_id, type, touched_at, id)",
    "create index entities_by_status_and_name on entities (domain_id, type, status, name_key, id)",
    "create index entities_by_status_and_creation on entities (domain_id, type, status, created_at, id)",
    "create index entities_by_parent on entities (domain_id, parent_id, type)",

    `create table entity_tags (
      domain_id ${text} not null,
      type ${text} not null,
      tag ${text} not null,
      entity_id ${text} not null,
      primary key (domain_id, type, tag, entity_id),
      foreign key (domain_id, type, entity_id) references entities (domain_id, type, id) on delete cascade
    ${endKeyOnly}`,
    "create index entity_tags_by_entity on entity_tags (domain_id, type, entity_id)",
  ];
}

function entityDetails(words: SqlWords): string[] {
  const { text, json } = words;
  return [
    detailsTable(words, "client_details", "clients", [
      `identity ${text} not null default ''`,
      `secret_digest ${text} not null`,
      `secret_key_version ${text} not null`,
      json("private_metadata"),
    ]),
    "create unique index client_secret on client_details (domain_id, secret_digest)",
    detailsTable(words, "channel_details", "channels", [`route ${text}`]),
    "create unique index channel_route on channel_details (domain_id, route)",
    detailsTable(words, "group_details", "groups", [`description ${text}`]),
  ];
}

function detailsTable(
  { text, end }: SqlWords,
  table: string,
  type: string,
  columns: string[],
): string {
  return `create table ${table} (
      domain_id ${text} not null,
      type ${text} not null default '${type}' check (type = '${type}'),
      id ${text} not null,
      ${columns.join(",\n      ")},
      primary key (domain_id, id),
      foreign key (domain_id, type, id) references entities (domain_id, type, id) on delete cascade
    ${end}`;
}

function groupTree({ text, integer, endKeyOnly }: SqlWords): string[] {
  return [
    `create table group_ancestry (
      domain_id ${text} not null,
      descendant_id ${text} not null,
      ancestor_id ${text} not null,
      depth ${integer} not null check (depth >= 0),
      primary key (domain_id, descendant_id, ancestor_id),
      foreign key (domain_id, descendant_id) references group_details (domain_id, id) on delete cascade,
      foreign key (domain_id, ancestor_id) references group_details (domain_id, id) on delete cascade
    ${endKeyOnly}`,
    "create index group_descendants on group_ancestry (domain_id, ancestor_id, depth, descendant_id)",
  ];
}

function connections({ text, integer, endKeyOnly }: SqlWords): string[] {
  return [
    `create table connections (
      domain_id ${text} not null,
      channel_id ${text} not null,
      client_id ${text} not null,
      kind ${integer} not null check (kind in (1, 2)),
      primary key (domain_id, channel_id, client_id, kind),
      foreign key (domain_id, channel_id) references channel_details (domain_id, id) on delete cascade,
      foreign key (domain_id, client_id) references client_details (domain_id, id) on delete cascade
    ${endKeyOnly}`,
    "create index connections_by_client on connections (domain_id, client_id, channel_id, kind)",
  ];
}

function roles({ text, integer, end, endKeyOnly }: SqlWords): string[] {
  return [
    `create table roles (
      id ${text} not null primary key,
      domain_id ${text} not null references domains (id) on delete cascade,
      entity_type ${text} not null,
      entity_id ${text} not null,
      name ${text} not null,
      has_all_actions ${integer} not null default 0 check (has_all_actions in (0, 1)),
      created_by ${text},
      created_at ${integer} not null,
      updated_by ${text},
      updated_at ${integer}
    ${end}`,
    "create unique index role_name on roles (domain_id, entity_type, entity_id, name)",

    `create table role_actions (
      role_id ${text} not null references roles (id) on delete cascade,
      action ${text} not null,
      primary key (role_id, action)
    ${endKeyOnly}`,

    `create table role_members (
      role_id ${text} not null references roles (id) on delete cascade,
      user_id ${text} not null references users (id) on delete cascade,
      domain_id ${text} not null,
      entity_type ${text} not null,
      entity_id ${text} not null,
      created_at ${integer} not null,
      primary key (role_id, user_id)
    ${endKeyOnly}`,
    "create unique index one_role_per_entity on role_members (user_id, domain_id, entity_type, entity_id)",
    "create index domain_members on role_members (user_id, domain_id) where entity_type = 'domains'",
    "create index role_members_by_entity on role_members (domain_id, entity_type, entity_id, user_id)",
  ];
}

function invitations({ text, integer, end }: SqlWords): string[] {
  return [
    `create table invitations (
      domain_id ${text} not null references domains (id) on delete cascade,
      invitee_user_id ${text} not null references users (id) on delete cascade,
      invited_by ${text} not null references users (id) on delete cascade,
      role_id ${text} not null references roles (id) on delete cascade,
      created_at ${integer} not null,
      updated_at ${integer},
      confirmed_at ${integer},
      rejected_at ${integer},
      primary key (domain_id, invitee_user_id)
    ${end}`,
    "create index invitations_by_domain on invitations (domain_id, created_at, invitee_user_id)",
    "create index invitations_by_invitee on invitations (invitee_user_id, created_at, domain_id)",
    "create index invitations_by_inviter on invitations (invited_by, created_at, domain_id, invitee_user_id)",
    "create index invitations_by_role on invitations (role_id)",
  ];
}

function records({ text, integer, json, end }: SqlWords): string[] {
  return [
    `create table audit_events (
      id ${text} not null primary key,
      at ${integer} not null,
      actor_user_id ${text},
      actor_kind ${text} not null check (actor_kind in ('session', 'token', 'system', 'anonymous')),
      token_id ${text},
      session_id ${text},
      action ${text} not null,
      domain_id ${text},
      entity_type ${text},
      entity_id ${text},
      address ${text},
      request_id ${text},
      ${json("details")}
    ${end}`,
    "create index audit_events_by_time on audit_events (at)",
    "create index audit_events_by_domain on audit_events (domain_id, at)",
    "create index audit_events_by_actor on audit_events (actor_user_id, at)",
    "create index audit_events_by_token on audit_events (token_id, at)",

    `create table sign_in_failures (
      key ${text} not null,
      at ${integer} not null
    ${end}`,
    "create index sign_in_failures_by_key on sign_in_failures (key, at)",
    "create index sign_in_failures_by_time on sign_in_failures (at)",
  ];
}
