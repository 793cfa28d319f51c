import type { Trx } from "./store/database.ts";

/** Under which versions of the server's secret something is stored, with what proves the secret of each. */
export async function listServerKeys(
  trx: Trx,
): Promise<readonly { readonly id: string; readonly fingerprint: string }[]> {
  return trx.selectFrom("server_keys").select(["id", "fingerprint"]).execute();
}

/** `at`: milliseconds since the epoch. */
export async function insertServerKey(
  trx: Trx,
  {
    id,
    fingerprint,
    at,
  }: { readonly id: string; readonly fingerprint: string; readonly at: number },
): Promise<void> {
  await trx
    .insertInto("server_keys")
    .values({ id, purpose: "digest", fingerprint, created_at: at })
    .execute();
}
