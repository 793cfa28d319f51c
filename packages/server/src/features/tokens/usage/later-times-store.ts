import { sql } from "kysely";

/** `null` in the written column: there was none yet; in the other one: there is none. */
export const isLaterIn = (written: string, other: string) =>
  sql`(${sql.ref(other)} is not null
    and (${sql.ref(written)} is null or ${sql.ref(written)} <= ${sql.ref(other)}))`;

export const laterOf = (written: string, other: string) =>
  sql`case when ${isLaterIn(written, other)} then ${sql.ref(other)} else ${sql.ref(written)} end`;
