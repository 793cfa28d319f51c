import { randomUUID } from "node:crypto";
import type { NewRow } from "../store/schema.ts";
import { searchKey } from "../store/search-key.ts";

const CREATED_AT = Date.UTC(2026, 0, 2);

/** Rows that the store accepts as they are; a test overrides what it is about. */
export function userRow(overrides: Partial<NewRow<"users">> = {}): NewRow<"users"> {
  const id = randomUUID();
  return {
    id,
    username: id,
    username_key: id,
    email: `${id}@example.com`,
    email_key: `${id}@example.com`,
    password_hash: "not a hash",
    created_at: CREATED_AT,
    ...overrides,
  };
}

export function domainRow(overrides: Partial<NewRow<"domains">> = {}): NewRow<"domains"> {
  const id = randomUUID();
  const name = overrides.name ?? "Plant";
  return {
    id,
    name,
    name_key: searchKey(name),
    route: id,
    created_at: CREATED_AT,
    touched_at: CREATED_AT,
    ...overrides,
  };
}

type EntityRow = NewRow<"entities">;

export function entityRow(
  overrides: Partial<EntityRow> & Pick<EntityRow, "domain_id" | "type">,
): EntityRow {
  const name = overrides.name ?? "";
  return {
    id: randomUUID(),
    name,
    name_key: searchKey(name),
    created_at: CREATED_AT,
    touched_at: CREATED_AT,
    ...overrides,
  };
}

type TokenRow = NewRow<"tokens">;

export function tokenRow(overrides: Partial<TokenRow> & Pick<TokenRow, "user_id">): TokenRow {
  const name = overrides.name ?? "token";
  return {
    id: randomUUID(),
    name,
    name_key: searchKey(name),
    issued_at: CREATED_AT,
    expires_at: CREATED_AT + 86_400_000,
    lifetime: 86_400_000,
    ...overrides,
  };
}

type SecretRow = NewRow<"token_secrets">;

/** The only secret of a token. */
export function secretRow(overrides: Partial<SecretRow> & Pick<SecretRow, "token_id">): SecretRow {
  return {
    id: randomUUID(),
    digest: "not a digest",
    key_version: "1",
    state: "live",
    slot: 1,
    created_at: CREATED_AT,
    expires_at: CREATED_AT + 86_400_000,
    ...overrides,
  };
}
