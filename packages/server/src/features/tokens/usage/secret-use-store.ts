import { sql } from "kysely";
import type { Database, Trx } from "../../../store/database.ts";
import { jsonRows } from "../../../store/json-rows.ts";
import { isLaterIn, laterOf } from "./later-times-store.ts";
import { addressesPerToken } from "./usage-counters.ts";
import type { SecretTries, SecretUse } from "./usage-store.ts";

export async function readTries(
  handle: Pick<Trx, "selectFrom">,
  tokenId: string,
): Promise<readonly SecretTries[]> {
  return handle
    .selectFrom("token_secret_tries")
    .select(["token_id as tokenId", "secret_id as secretId", "address"])
    .select(["first_at as firstAt", "last_at as lastAt", "tries as count"])
    .where("token_id", "=", tokenId)
    .execute();
}

/** Of no more addresses is there word for one secret: whoever has it comes from as many as they like. */
const toldPerSecret = 10;

/** Takes some tries that no event tells of yet; from then on one does, or none ever, where there was word of enough. */
export async function takeUntoldTries(
  trx: Trx,
  limit: number,
): Promise<{ readonly taken: number; readonly toTell: readonly SecretTries[] }> {
  const untold = await trx
    .selectFrom("token_secret_tries")
    .select(["token_id as tokenId", "secret_id as secretId", "address"])
    .select(["first_at as firstAt", "last_at as lastAt", "tries as count"])
    .where("is_told", "=", 0)
    .orderBy("first_at")
    .limit(limit)
    .execute();
  const toTell: SecretTries[] = [];
  for (const tries of untold) {
    const { tokenId, secretId, address } = tries;
    await trx
      .updateTable("token_secret_tries")
      .set({ is_told: 1 })
      .where("token_id", "=", tokenId)
      .where("secret_id", "=", secretId)
      .where("address", "=", address)
      .execute();
    const { numUpdatedRows } = await trx
      .updateTable("token_secrets")
      .set(({ eb }) => ({ told_tries: eb("told_tries", "+", 1) }))
      .where("token_id", "=", tokenId)
      .where("id", "=", secretId)
      .where("told_tries", "<", toldPerSecret)
      .executeTakeFirst();
    if (numUpdatedRows > 0n) toTell.push(tries);
  }
  return { taken: untold.length, toTell };
}

/** Of these the first use is written down with what follows from it: what was refused is counted here as well. */
const awaitsFirstUse = sql`token_secrets.state = 'pending' or token_secrets.state = 'live' and exists (
  select 1 from token_secrets as other
  where other.token_id = token_secrets.token_id and other.slot = 2 and other.state = 'retiring'
)`;

/** Notes when the secrets were used; those that are gone by now are passed over. */
export async function addToSecrets(
  trx: Trx,
  database: Database,
  secrets: readonly SecretUse[],
): Promise<void> {
  if (secrets.length === 0) return;
  const given = jsonRows(
    database,
    { token_id: "text", id: "text", first_at: "bigint", last_at: "bigint", address: "text" },
    secrets.map((each) => [each.tokenId, each.secretId, each.firstAt, each.lastAt, each.address]),
  );
  const isLater = isLaterIn("token_secrets.last_used_at", "v.last_at");
  await sql`
    with v as materialized (select * from ${given} as given)
    update token_secrets set
      first_used_at = case when ${awaitsFirstUse} then token_secrets.first_used_at
        else coalesce(token_secrets.first_used_at, v.first_at) end,
      last_used_at = case when ${isLater} then v.last_at else token_secrets.last_used_at end,
      last_used_address = case when ${isLater} then v.address else token_secrets.last_used_address end
    from v where token_secrets.token_id = v.token_id and token_secrets.id = v.id
  `.execute(trx);
}

/** Adds to what is known of secrets that work no more, of each the addresses that tried last. */
export async function addTries(
  trx: Trx,
  database: Database,
  tries: readonly SecretTries[],
): Promise<void> {
  if (tries.length === 0) return;
  const given = jsonRows(
    database,
    {
      token_id: "text",
      secret_id: "text",
      address: "text",
      first_at: "bigint",
      last_at: "bigint",
      tries: "bigint",
    },
    tries.map((each) => [
      ...[each.tokenId, each.secretId, each.address, each.firstAt, each.lastAt, each.count],
    ]),
  );
  await sql`
    insert into token_secret_tries (token_id, secret_id, address, first_at, last_at, tries)
    select s.token_id, s.id, v.address, v.first_at, v.last_at, v.tries
    from ${given} as v
      join token_secrets as s on s.token_id = v.token_id and s.id = v.secret_id where true
    on conflict (token_id, secret_id, address) do update set
      last_at = ${laterOf("token_secret_tries.last_at", "excluded.last_at")},
      tries = token_secret_tries.tries + excluded.tries
  `.execute(trx);
  await sql`
    delete from token_secret_tries as old where token_id in (select v.token_id from ${given} as v) and (
      select count(*) from token_secret_tries as other
      where other.token_id = old.token_id and other.secret_id = old.secret_id
        and (other.last_at > old.last_at
          or (other.last_at = old.last_at and other.address < old.address))
    ) >= ${sql.lit(addressesPerToken)}
  `.execute(trx);
}
