import type { Trx } from "../../../store/database.ts";

/** Who signs in from more networks than that is always somewhere else. */
const maximumPlaces = 100;

/** No network is longer; what a proxy passed on as an address may be. */
const maximumLength = 64;

/** Notes from where the user signs in; whether it is a new place, which the first one of all is not. */
export async function noteSignInPlace(
  trx: Trx,
  { userId, at, ...place }: { userId: string; network: string; at: number },
): Promise<boolean> {
  const network = place.network.slice(0, maximumLength);
  const known = await trx
    .selectFrom("sign_in_places")
    .select("network")
    .where("user_id", "=", userId)
    .orderBy("last_at", "desc")
    .execute();
  await trx
    .insertInto("sign_in_places")
    .values({ user_id: userId, network, last_at: at })
    .onConflict((conflict) => conflict.columns(["user_id", "network"]).doUpdateSet({ last_at: at }))
    .execute();
  const networks = known.map((one) => one.network);
  if (networks.includes(network)) return false;
  const old = networks.slice(maximumPlaces - 1);
  if (old.length > 0) {
    await trx
      .deleteFrom("sign_in_places")
      .where("user_id", "=", userId)
      .where("network", "in", old)
      .execute();
  }
  return networks.length > 0;
}
