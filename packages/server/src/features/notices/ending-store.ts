import { sql } from "kysely";
import type { Database, Trx } from "../../store/database.ts";

type Reader = Pick<Trx, "selectFrom">;

/** A secret that ends, of a token that nobody has taken care of. */
export interface EndingSecret {
  readonly tokenId: string;
  readonly secretId: string;
  readonly endsAt: number;
  /** The shortest of the warning times that has come, in milliseconds before the end. */
  readonly threshold: number;
}

/** A warning that was given, with what it is about as it is now. */
export interface StandingWarning {
  readonly noticeId: string;
  readonly tokenId: string;
  readonly name: string;
  readonly endsAt: number;
  readonly madeAt: number;
  readonly lastUsedAt: number | null;
  readonly lastUsedAddress: string | null;
}

/** So many secrets are looked at in one go. */
const lookedAtOnce = 2000;

/** The owners of secrets of whose end they are to be warned now. */
export async function listPeopleToWarn(
  database: Pick<Database, "lists">,
  thresholds: readonly number[],
  now: number,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const people = new Set<string>();
  const last = now + (thresholds.at(-1) ?? 0);
  for (let from = now; from < last && !signal.aborted; ) {
    const until = await findEndOfPart(database.lists, from, last);
    const rows = await warnable(database.lists, thresholds, { now, from, until })
      .select("t.user_id")
      .distinct()
      .execute();
    for (const { user_id } of rows) people.add(user_id);
    from = until;
  }
  return people;
}

/** Of one person the secrets of whose end there is to be a warning now; the first ends first. */
export async function listEnding(
  trx: Reader,
  userId: string,
  thresholds: readonly number[],
  now: number,
): Promise<readonly EndingSecret[]> {
  const until = now + (thresholds.at(-1) ?? 0);
  return warnable(trx, thresholds, { now, from: now, until })
    .where("t.user_id", "=", userId)
    .select(["t.id as tokenId", "s.id as secretId", "s.expires_at as endsAt"])
    .select(thresholdOf(thresholds, now).as("threshold"))
    .orderBy("s.expires_at")
    .orderBy("t.id")
    .execute();
}

/** The warnings of one mail whose secrets still end as it says, and of which nobody has taken care since. */
export async function listStandingWarnings(
  db: Reader,
  { userId, mailId, now }: { userId: string; mailId: string; now: number },
): Promise<readonly StandingWarning[]> {
  return ending(db, now)
    .where("s.expires_at", ">", now)
    .innerJoin("notices as n", (join) =>
      join
        .onRef("n.token_id", "=", "t.id")
        .onRef("n.secret_id", "=", "s.id")
        .onRef("n.ends_at", "=", "s.expires_at"),
    )
    .where("n.user_id", "=", userId)
    .where("n.mail_id", "=", mailId)
    .select(["n.id as noticeId", "t.id as tokenId", "t.name"])
    .select(["s.expires_at as endsAt", "s.created_at as madeAt"])
    .select(["t.last_used_at as lastUsedAt", "t.last_used_address as lastUsedAddress"])
    .orderBy("s.expires_at")
    .orderBy("t.id")
    .execute();
}

async function findEndOfPart(db: Reader, from: number, last: number): Promise<number> {
  const next = await db
    .selectFrom("token_secrets")
    .select("expires_at")
    .where("slot", "=", 1)
    .where("expires_at", ">", from)
    .where("expires_at", "<=", last)
    .orderBy("expires_at")
    .offset(lookedAtOnce)
    .limit(1)
    .executeTakeFirst();
  return next?.expires_at ?? last;
}

/** Secrets in use, of tokens that work and wait for no new secret, and of people who can do something. */
function ending(db: Reader, now: number) {
  return (
    db
      .selectFrom("token_secrets as s")
      .innerJoin("tokens as t", "t.id", "s.token_id")
      .where("s.slot", "=", 1)
      .where("s.expires_at", ">", now)
      .where("t.revoked_at", "is", null)
      // Not joined: few are disabled, and by them nothing is found sooner.
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom("users as u")
            .select("u.id")
            .whereRef("u.id", "=", "t.user_id")
            .where("u.status", "=", "enabled"),
        ),
      )
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("token_secrets as o")
              .select("o.id")
              .whereRef("o.token_id", "=", "s.token_id")
              .where("o.slot", "=", 2)
              .where("o.state", "=", "pending")
              .where("o.dies_at", ">", now),
          ),
        ),
      )
  );
}

/** Of those that end in a part of the time up to the first warning; a database goes by one bound of each kind. */
function warnable(
  db: Reader,
  thresholds: readonly number[],
  { now, from, until }: Record<"now" | "from" | "until", number>,
) {
  const threshold = thresholdOf(thresholds, now);
  return ending(db, now)
    .where("s.expires_at", ">", from)
    .where("s.expires_at", "<=", until)
    .where(sql<boolean>`s.expires_at - s.created_at > ${threshold}`)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("notices as n")
            .select("n.id")
            .whereRef("n.token_id", "=", "s.token_id")
            .whereRef("n.secret_id", "=", "s.id")
            .whereRef("n.ends_at", "=", "s.expires_at")
            .whereRef("n.user_id", "=", "t.user_id")
            .where("n.threshold", "<=", threshold),
        ),
      ),
    );
}

/** The shortest time before the end that has come. */
function thresholdOf(thresholds: readonly number[], now: number) {
  const cases = thresholds.map(
    (time) => sql`when s.expires_at <= ${sql.lit(now + time)} then ${sql.lit(time)}`,
  );
  return sql<number>`case ${sql.join(cases, sql` `)} end`;
}
