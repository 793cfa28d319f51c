import { AppError, type ErrorCode } from "@tessera/contract";

/** Whose credential was shown, of those that the server knows. */
export interface KnownHolder {
  readonly kind: "token" | "session";
  /** Of the token or the session. */
  readonly id: string;
  readonly userId: string;
  /** Whether a secret of it was shown, one that works no more; otherwise whoever showed it may only have its id. */
  readonly isProven: boolean;
}

/** What is kept of a refusal that is told to nobody who may be guessing. */
export type HiddenReason = "wrong_secret" | "session_ended";

/** A credential of a known token or session that lets nobody in. */
export class RefusedCredential extends AppError {
  readonly holder: KnownHolder;
  readonly because: ErrorCode | HiddenReason;

  constructor(
    code: ErrorCode,
    holder: KnownHolder,
    {
      because = code,
      message,
    }: { readonly because?: ErrorCode | HiddenReason; readonly message?: string } = {},
  ) {
    super(code, message);
    this.holder = holder;
    this.because = because;
  }
}
