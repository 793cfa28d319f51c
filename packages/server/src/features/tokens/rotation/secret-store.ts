import type { Trx } from "../../../store/database.ts";
import type { Row, RowChange, SecretState } from "../../../store/schema.ts";
import { updateToken } from "../lifecycle/token-store.ts";
import type { Secret } from "./rotation-steps.ts";
import { endOf } from "./secret-states.ts";

type Reader = Pick<Trx, "selectFrom">;
export type StoredSecret = Secret &
  Pick<Row<"token_secrets">, "last_used_at" | "last_used_address">;

/** Of a secret that works no more: what recognises it. */
export type EndedSecret = Pick<Secret, "id" | "digest" | "key_version" | "state">;

/** A secret whose digest is made under another key. */
export interface NewDigest {
  readonly tokenId: string;
  readonly secretId: string;
  readonly from: Pick<Secret, "digest" | "key_version">;
  readonly to: Pick<Secret, "digest" | "key_version">;
}

/** Also where an invitation says which secret sent it; whether it was still as it was. */
export async function replaceDigest(
  trx: Trx,
  { tokenId, secretId, from, to }: NewDigest,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable("token_secrets")
    .set(to)
    .where("token_id", "=", tokenId)
    .where("id", "=", secretId)
    .where("digest", "=", from.digest)
    .where("key_version", "=", from.key_version)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await trx
    .updateTable("invitations")
    .set({ token_digest: to.digest })
    .where("token_id", "=", tokenId)
    .where("token_digest", "=", from.digest)
    .execute();
  return true;
}

/** What is kept of all the secrets that a token has or had, in the order in which they were made. */
export async function readSecrets(
  handle: Reader,
  tokenIds: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredSecret[]>> {
  const found = new Map<string, StoredSecret[]>(tokenIds.map((id) => [id, []]));
  if (tokenIds.length === 0) return found;
  const rows = await handle
    .selectFrom("token_secrets")
    .select(["token_id", "id", "digest", "key_version", "ending", "state"])
    .select(["created_at", "expires_at"])
    .select(["first_used_at", "last_used_at", "last_used_address"])
    .select(["dies_at", "linger", "ended_at"])
    .where("token_id", "in", tokenIds)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  for (const { token_id, ...secret } of rows) found.get(token_id)?.push(secret);
  return found;
}

/** The secrets of one token. */
export async function readSecretsOf(
  handle: Reader,
  tokenId: string,
): Promise<readonly StoredSecret[]> {
  return (await readSecrets(handle, [tokenId])).get(tokenId) ?? [];
}

export async function readEndedSecrets(
  handle: Reader,
  tokenId: string,
): Promise<readonly EndedSecret[]> {
  return handle
    .selectFrom("token_secrets")
    .select(["id", "digest", "key_version", "state"])
    .where("token_id", "=", tokenId)
    .where("ended_at", "is not", null)
    .execute();
}

/** Tokens with something that has come due by then, the first ones first. */
export async function findDueTokens(handle: Reader, now: number, limit: number) {
  return handle
    .selectFrom("token_secrets as s")
    .innerJoin("tokens as t", "t.id", "s.token_id")
    .select(["t.id", "t.user_id"])
    .where("s.slot", "=", 2)
    .where("s.dies_at", "<=", now)
    .orderBy("s.dies_at")
    .limit(limit)
    .execute();
}

/** Forgets some that have ended before then; returns how many. */
export async function forgetEndedBefore(trx: Trx, before: number, limit: number): Promise<number> {
  const old = await trx
    .selectFrom("token_secrets")
    .select(["token_id", "id"])
    .where("ended_at", "<", before)
    .orderBy("ended_at")
    .limit(limit)
    .execute();
  for (const { token_id, id } of old) await deleteSecret(trx, token_id, id);
  return old.length;
}

/** Makes the stored secrets of the token what they are to be, and the token's times what follows from them. */
export async function writeSecrets(
  trx: Trx,
  token: { readonly id: string; readonly user_id: string },
  before: readonly Secret[],
  after: readonly Secret[],
): Promise<void> {
  const kept = new Map(after.map((secret) => [secret.id, secret]));
  for (const { id } of before) if (!kept.has(id)) await deleteSecret(trx, token.id, id);
  const changed = before.flatMap((secret) => {
    const next = kept.get(secret.id);
    return next === undefined || next === secret ? [] : [next];
  });
  // Out of their slots first: two that change places would be in one for a moment.
  for (const { id, created_at } of changed) {
    await updateSecret(trx, token.id, id, { state: "retired", slot: null, ended_at: created_at });
  }
  for (const { id, state, expires_at, first_used_at, dies_at, linger, ended_at } of changed) {
    const change = { state, slot: slotOf(state), first_used_at, dies_at, linger, ended_at };
    await updateSecret(trx, token.id, id, { ...change, expires_at });
  }
  const known = new Set(before.map(({ id }) => id));
  for (const secret of after) {
    if (known.has(secret.id)) continue;
    const row = { ...secret, token_id: token.id, slot: slotOf(secret.state) };
    await trx.insertInto("token_secrets").values(row).execute();
  }
  await updateToken(trx, token.user_id, token.id, timesOf(after));
}

/** Whoever relies on the token waits for this row, also where nothing in it is new. */
function timesOf(secrets: readonly Secret[]) {
  const working = secrets.filter(({ ended_at }) => ended_at === null);
  return {
    issued_at: Math.max(...working.map(({ created_at }) => created_at)),
    expires_at: Math.max(...working.map(endOf)),
  };
}

function slotOf(state: SecretState): 1 | 2 | null {
  if (state === "live") return 1;
  return state === "pending" || state === "retiring" ? 2 : null;
}

async function updateSecret(
  trx: Trx,
  tokenId: string,
  id: string,
  change: RowChange<"token_secrets">,
): Promise<void> {
  await trx
    .updateTable("token_secrets")
    .set(change)
    .where("token_id", "=", tokenId)
    .where("id", "=", id)
    .execute();
}

async function deleteSecret(trx: Trx, tokenId: string, id: string): Promise<void> {
  await trx
    .deleteFrom("token_secrets")
    .where("token_id", "=", tokenId)
    .where("id", "=", id)
    .execute();
}
