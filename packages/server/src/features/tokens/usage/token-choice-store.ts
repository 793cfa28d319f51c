import type { ExpressionBuilder } from "kysely";
import type { Schema } from "../../../store/schema.ts";

/** Which of the user's tokens; all where nothing is said. */
export interface TokenChoice {
  readonly tokenId?: string | undefined;
  /** Those with a scope in this domain. */
  readonly domainId?: string | undefined;
}

/** Whether the token in the row `t` is one of these. */
export function ofTokens(userId: string, { tokenId, domainId }: TokenChoice) {
  return (eb: ExpressionBuilder<Schema & { t: Schema["tokens"] }, "t">) =>
    eb.and([
      eb("t.user_id", "=", userId),
      ...(tokenId === undefined ? [] : [eb("t.id", "=", tokenId)]),
      ...(domainId === undefined
        ? []
        : [
            eb.exists(
              eb
                .selectFrom("token_scopes as s")
                .select("s.id")
                .whereRef("s.token_id", "=", "t.id")
                .where("s.domain_id", "=", domainId),
            ),
          ]),
    ]);
}
