import type { ErrorCode } from "@tessera/contract";

/** What a token's state comes of. */
export interface TokenTimes {
  /** Milliseconds since the epoch; `null`: never. */
  readonly revoked_at: number | null;
  readonly expires_at: number;
}

export type TokenStatus = "active" | "revoked" | "expired";

interface StateRow {
  readonly status: Exclude<TokenStatus, "active">;
  /** What whoever presents it is told. */
  readonly refusal: ErrorCode;
  readonly isIn: (token: TokenTimes, now: number) => boolean;
  /** The same in SQL, and its opposite. */
  readonly column: keyof TokenTimes;
  readonly operator: "is not" | "<=";
  readonly opposite: "is" | ">";
  readonly operand: (now: number) => number | null;
}

/** The states in which a token does not work; the first that it is in is its state, and without one it is active. */
const stateTable: readonly StateRow[] = [
  {
    status: "revoked",
    refusal: "token_revoked",
    isIn: ({ revoked_at }) => revoked_at !== null,
    column: "revoked_at",
    operator: "is not",
    opposite: "is",
    operand: () => null,
  },
  {
    status: "expired",
    refusal: "token_expired",
    isIn: ({ expires_at }, now) => expires_at <= now,
    column: "expires_at",
    operator: "<=",
    opposite: ">",
    operand: (now) => now,
  },
];

const stateOf = (token: TokenTimes, now: number) => stateTable.find((row) => row.isIn(token, now));

export function statusOf(token: TokenTimes, now: number): TokenStatus {
  return stateOf(token, now)?.status ?? "active";
}

/** Why the token does not work; `undefined`: it does. */
export function refusalOf(token: TokenTimes, now: number): ErrorCode | undefined {
  return stateOf(token, now)?.refusal;
}

/** Whether its owner may make it work again with the secret that it has. */
export function isRestorable(
  token: TokenTimes & { readonly is_restorable: 0 | 1 },
  now: number,
): boolean {
  return token.is_restorable === 1 && statusOf(token, now) === "revoked" && token.expires_at > now;
}

/** Whether it was revoked, and its owner may not take that back. */
export function isRevokedForGood({
  revoked_at,
  is_restorable,
}: Pick<TokenTimes, "revoked_at"> & { readonly is_restorable: 0 | 1 }): boolean {
  return revoked_at !== null && is_restorable === 0;
}

/** Whether it will never work again with the secret that it has, whatever its owner does. */
export function hasEndedForGood(
  token: TokenTimes & { readonly is_restorable: 0 | 1 },
  now: number,
): boolean {
  return statusOf(token, now) !== "active" && !isRestorable(token, now);
}

/** One condition of SQL that tokens in a state fulfil: a column, an operator and what it is compared with. */
export type StateCondition = readonly [
  keyof TokenTimes,
  StateRow["operator"] | StateRow["opposite"],
  number | null,
];

/** All of them together hold for the tokens in the state, and for no others. */
export function conditionsOf(status: TokenStatus, now: number): readonly StateCondition[] {
  const own = stateTable.findIndex((row) => row.status === status);
  const looked = own === -1 ? stateTable : stateTable.slice(0, own + 1);
  return looked.map(({ column, operator, opposite, operand, status: of }) => [
    column,
    of === status ? operator : opposite,
    operand(now),
  ]);
}
