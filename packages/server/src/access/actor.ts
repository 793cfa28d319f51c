import type { ChangeKey } from "./change-key.ts";
import type { Principal } from "./principal.ts";

/** Who acts, from where, and by what right; `principal` undefined: nobody has signed in. */
export interface Actor<P extends Principal | undefined = Principal | undefined> {
  readonly principal: P;
  readonly address: string;
  readonly requestId: string;
  /** The server itself, of its own accord. */
  readonly isSystem?: boolean;
  /**
   * Decides once more, by what the transaction reads, whether the actor may do this. Throws `AppError` where not.
   * This layer knows no database: whoever makes the function knows what kind of transaction it is given.
   */
  readonly decideAgain: (transaction: unknown) => Promise<Standing<P>>;
}

/** What a decision inside a transaction found. */
export interface Standing<P extends Principal | undefined = Principal | undefined> {
  /** As the transaction reads it: scopes and role may be others than when the request came. */
  readonly principal: P;
  /** Whose facts allowed it. */
  readonly reliesOn: readonly ChangeKey[];
}

const nobody: Standing<undefined> = { principal: undefined, reliesOn: [] };

/** The decision about whoever needs no right. */
export const decideNothing = async (): Promise<Standing<undefined>> => nobody;

/** The server itself, of its own accord. */
export const systemActor: Actor<undefined> = {
  principal: undefined,
  address: "",
  requestId: "",
  isSystem: true,
  decideAgain: decideNothing,
};
