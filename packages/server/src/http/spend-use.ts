import type { FastifyRequest } from "fastify";
import type { TokenPrincipal } from "../access/principal.ts";
import type { Spending } from "../access/question.ts";
import { andThen, type MaybePromise } from "./maybe-promise.ts";

/**
 * Takes a use of a token down, where its conditions are met: that there was one at all, where something hangs on it, and
 * how many there were, where they are limited; `undefined`: nothing was counted. `address`: from where it is used, as
 * far as that is known; `connectedFrom`: from where it was shown here.
 */
export type SpendUse = (
  token: TokenPrincipal,
  address: string | undefined,
  connectedFrom: string,
) => MaybePromise<Spending | undefined>;

/** Counts the request once, however often it is looked at. */
export function spendOnce(
  request: Pick<FastifyRequest, "ip" | "spending">,
  token: TokenPrincipal,
  spend: SpendUse,
): void | Promise<void> {
  if (token.conditions === undefined && token.awaitsFirstUse !== true) return;
  if (request.spending !== undefined) return;
  return andThen(spend(token, request.ip, request.ip), (spending) => {
    request.spending = spending;
  });
}
