import type { Operation, Target } from "@tessera/contract";
import type { Principal } from "./principal.ts";

/** What came of counting a use of a token whose uses are limited; counted once for each request. */
export interface Spending {
  readonly isExhausted: boolean;
  /** Until one more is within the token's rate; 0: this one is. */
  readonly waitMilliseconds: number;
  /** `false`: another condition was not met when it would have been counted. */
  readonly isCounted: boolean;
  /** Where there is a rate, and the use was counted. */
  readonly rate?: RateState;
}

/** What is left of a rate after a use. */
export interface RateState {
  readonly left: number;
  /** Until all of it may be used at once again. */
  readonly fullAfterMilliseconds: number;
}

/** Under what circumstances something is wanted, beyond who wants it of what. */
export interface Circumstances {
  /** Integer milliseconds since the epoch. */
  readonly now: number;
  /** From where the request came, as far as it is known; IPv4 or IPv6. */
  readonly address: string | undefined;
  /** Who asks: a route of this server, a service by `/authorize`, or a gateway about a request to another service. */
  readonly via: "route" | "service" | "gateway";
  /** Absent where no use is counted: of a question only, before the whole request is there, or without a limit. */
  readonly spending?: Spending | undefined;
}

/** What every decision is asked: may this principal do this to that, as things are? */
export interface Question {
  readonly principal: Principal;
  readonly row: Pick<Operation, "id" | "name" | "action" | "worksInDisabledDomain">;
  readonly target: Target;
  readonly circumstances: Circumstances;
}
