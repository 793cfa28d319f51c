import type { Principal } from "./principal.ts";

/** Whose facts change: what was remembered of them is stale, and rights that came of them may be gone. */
export interface ChangeKey {
  readonly kind: ChangeKind;
  readonly id: string;
}

/** `entity`: what is shown of one object. */
export type ChangeKind = RightKind | "entity";

/** Of what rights come. */
export type RightKind = "user" | "session" | "token" | "domain";

/** One text for each key, to find it by or to send it to other processes. */
export function textOfKey({ kind, id }: ChangeKey): string {
  return `${kind}:${id}`;
}

/** Reads what {@link textOfKey} wrote. */
export function readKey(text: string): ChangeKey {
  const colon = text.indexOf(":");
  return { kind: text.slice(0, colon) as ChangeKind, id: text.slice(colon + 1) };
}

/** Whose facts make a principal what it is. */
export function keysOfPrincipal(principal: Principal): readonly ChangeKey[] {
  const credential: ChangeKey =
    principal.kind === "token"
      ? { kind: "token", id: principal.tokenId }
      : { kind: "session", id: principal.sessionId };
  return [credential, { kind: "user", id: principal.userId }];
}
