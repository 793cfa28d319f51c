import type { Deps } from "../deps.ts";
import { listServerKeys } from "../server-keys-store.ts";
import type { Job } from "./schedule.ts";

/** Lets a running server use a key that was made, and refuse what one proved that was dropped. */
export function followKeysJob({
  database,
  keys,
  hub,
}: Pick<Deps, "database" | "keys" | "hub">): Job {
  return {
    name: "follow_keys",
    everyMilliseconds: 2_000,
    isPerServer: true,
    run: async () => {
      const isOther = keys.load(await listServerKeys(database.read));
      // Whoever was proven by a key that is dropped is to be proven anew, and what is old is to be seen again.
      if (isOther) hub.forget();
      return isOther ? "others than before" : "the same";
    },
  };
}
