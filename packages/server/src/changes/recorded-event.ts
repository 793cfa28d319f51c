import type { EventName } from "@tessera/contract";
import type { Actor } from "../access/actor.ts";
import type { Principal } from "../access/principal.ts";

/** What a change says of what it does. */
export interface EventInput {
  readonly name: EventName;
  /** Of the object that it happens to. */
  readonly entityId: string;
  readonly domainId?: string;
  /** Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Who did it, where that is not the actor of the change: who signs in becomes known by it. */
  readonly by?: Principal;
}

/** An event as it is kept and told; the same for all who hear of it. */
export interface RecordedEvent {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly name: string;
  /** The type of the object that it happens to. */
  readonly subject: string;
  readonly entityId: string;
  readonly domainId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly actor: EventActor;
}

interface EventActor {
  readonly kind: "session" | "token" | "system" | "anonymous";
  readonly userId: string | null;
  readonly tokenId: string | null;
  readonly sessionId: string | null;
}

/** Who did it, as a record keeps it. */
export function toEventActor(
  principal: Principal | undefined,
  { isSystem }: Pick<Actor, "isSystem">,
): EventActor {
  return {
    kind: principal?.kind ?? (isSystem === true ? "system" : "anonymous"),
    userId: principal?.userId ?? null,
    tokenId: principal?.kind === "token" ? principal.tokenId : null,
    sessionId: principal?.kind === "session" ? principal.sessionId : null,
  };
}

/** The event of an object whose type is known only when the server runs; the hub refuses what is no event. */
export function eventOfType(type: string, name: string): EventName {
  return `${type}.${name}` as EventName;
}
