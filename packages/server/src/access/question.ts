import type { Operation, Target } from "@tessera/contract";
import type { Principal } from "./principal.ts";

/** Under what circumstances something is wanted, beyond who wants it of what. */
export interface Circumstances {
  /** Integer milliseconds since the epoch. */
  readonly now: number;
  /** From where the request came, as far as it is known; IPv4 or IPv6. */
  readonly address: string | undefined;
  /** Who asks: a route of this server, a service by `/authorize`, or a gateway about a request to another service. */
  readonly via: "route" | "service" | "gateway";
}

/** What every decision is asked: may this principal do this to that, as things are? */
export interface Question {
  readonly principal: Principal;
  readonly row: Pick<Operation, "id" | "name" | "action" | "worksInDisabledDomain">;
  readonly target: Target;
  readonly circumstances: Circumstances;
}
