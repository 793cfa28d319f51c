import type { Database, Trx } from "../../../store/database.ts";
import type {
  Flag,
  JsonText,
  OnRetiredUse,
  Row,
  UserRole,
  UserStatus,
} from "../../../store/schema.ts";
import type { SecretTimes } from "../rotation/secret-states.ts";

/** A secret as the check of a token needs it. */
export type SecretForCheck = SecretTimes & {
  readonly digest: string;
  readonly key_version: string;
};

/** A token as its check needs it, with its owner's state. */
export interface TokenForCheck {
  readonly id: string;
  readonly user_id: string;
  readonly expires_at: number;
  readonly revoked_at: number | null;
  readonly is_restorable: Flag;
  readonly on_retired_use: OnRetiredUse;
  readonly conditions: JsonText | null;
  readonly owner_status: UserStatus;
  readonly owner_role: UserRole;
  /** Those that work or worked last, as they were written down. */
  readonly secrets: readonly SecretForCheck[];
}

type CheckRow = NonNullable<
  Awaited<ReturnType<ReturnType<typeof selectForCheck>["executeTakeFirst"]>>
>;

export function prepareTokenRead(
  database: Database,
): (tokenId: string) => Promise<TokenForCheck | undefined> {
  const read = database.preparedRead<CheckRow>(`
    select t.id, t.user_id, t.expires_at, t.revoked_at, t.is_restorable, t.on_retired_use, t.conditions,
           u.status as owner_status, u.role as owner_role,
           l.id as live_id, l.digest as live_digest, l.key_version as live_key_version,
           l.expires_at as live_expires_at, l.first_used_at as live_first_used_at,
           o.id as other_id, o.digest as other_digest, o.key_version as other_key_version,
           o.state as other_state, o.expires_at as other_expires_at,
           o.first_used_at as other_first_used_at, o.dies_at as other_dies_at
    from tokens t
      join users u on u.id = t.user_id
      left join token_secrets l on l.token_id = t.id and l.slot = 1
      left join token_secrets o on o.token_id = t.id and o.slot = 2
    where t.id = ?`);
  return async (tokenId) => {
    const row = await read([tokenId]);
    return row === undefined ? undefined : toTokenForCheck(row);
  };
}

/** The same inside a transaction. */
export async function findTokenForCheck(
  trx: Pick<Trx, "selectFrom">,
  tokenId: string,
): Promise<TokenForCheck | undefined> {
  const row = await selectForCheck(trx, tokenId).executeTakeFirst();
  return row === undefined ? undefined : toTokenForCheck(row);
}

function selectForCheck(handle: Pick<Trx, "selectFrom">, tokenId: string) {
  return handle
    .selectFrom("tokens as t")
    .innerJoin("users as u", "u.id", "t.user_id")
    .leftJoin("token_secrets as l", (join) =>
      join.onRef("l.token_id", "=", "t.id").on("l.slot", "=", 1),
    )
    .leftJoin("token_secrets as o", (join) =>
      join.onRef("o.token_id", "=", "t.id").on("o.slot", "=", 2),
    )
    .select(["t.id", "t.user_id", "t.expires_at", "t.revoked_at", "t.is_restorable"])
    .select([
      "t.on_retired_use",
      "t.conditions",
      "u.status as owner_status",
      "u.role as owner_role",
    ])
    .select(["l.id as live_id", "l.digest as live_digest", "l.key_version as live_key_version"])
    .select(["l.expires_at as live_expires_at", "l.first_used_at as live_first_used_at"])
    .select(["o.id as other_id", "o.digest as other_digest", "o.key_version as other_key_version"])
    .select(["o.state as other_state", "o.expires_at as other_expires_at"])
    .select(["o.first_used_at as other_first_used_at", "o.dies_at as other_dies_at"])
    .where("t.id", "=", tokenId);
}

/** The columns of both secrets stand beside each other in the row. */
function toTokenForCheck<R extends CheckRow>(row: R): R & TokenForCheck {
  const secrets: SecretForCheck[] = [];
  if (row.live_id !== null) {
    secrets.push({
      id: row.live_id,
      digest: row.live_digest ?? "",
      key_version: row.live_key_version ?? "",
      state: "live",
      expires_at: row.live_expires_at ?? 0,
      first_used_at: row.live_first_used_at,
      dies_at: null,
      ended_at: null,
    });
  }
  if (row.other_id !== null) {
    secrets.push({
      id: row.other_id,
      digest: row.other_digest ?? "",
      key_version: row.other_key_version ?? "",
      state: row.other_state ?? "retired",
      expires_at: row.other_expires_at ?? 0,
      first_used_at: row.other_first_used_at,
      dies_at: row.other_dies_at,
      ended_at: null,
    });
  }
  return { ...row, secrets };
}

/** A token with what an administrator who was given it is told of its owner. */
export type TokenWithOwner = TokenForCheck &
  Pick<Row<"tokens">, "name" | "issued_at" | "last_used_at"> & {
    readonly owner_username: string;
    readonly owner_email: string;
  };

export async function findTokenWithOwner(
  handle: Pick<Trx, "selectFrom">,
  tokenId: string,
): Promise<TokenWithOwner | undefined> {
  const row = await selectForCheck(handle, tokenId)
    .select(["t.name", "t.issued_at", "t.last_used_at"])
    .select(["u.username as owner_username", "u.email as owner_email"])
    .executeTakeFirst();
  return row === undefined ? undefined : toTokenForCheck(row);
}
