import type { roleEntry } from "@tessera/contract";
import type { z } from "zod";
import type { RoleThatReaches } from "./reach-store.ts";

/** A role through which an object is reached, as the wire writes it. */
export function toRoleEntry(role: RoleThatReaches): z.output<typeof roleEntry> {
  return {
    role_id: role.roleId,
    role_name: role.roleName,
    actions: [...role.actions],
    access_provider_id: role.providerId,
    access_provider_path: role.providerPath.join("."),
    access_type: role.accessType,
  };
}
