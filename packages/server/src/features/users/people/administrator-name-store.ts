import type { Trx } from "../../../store/database.ts";
import type { Row } from "../../../store/schema.ts";

/** Whose names nobody else may take. */
export function listEnabledAdmins(
  trx: Trx,
): Promise<Pick<Row<"users">, "id" | "first_name" | "last_name">[]> {
  return trx
    .selectFrom("users")
    .select(["id", "first_name", "last_name"])
    .where("status", "=", "enabled")
    .where("role", "=", "admin")
    .execute();
}
