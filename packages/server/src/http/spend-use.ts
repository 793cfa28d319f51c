import type { FastifyRequest } from "fastify";
import type { TokenPrincipal } from "../access/principal.ts";
import type { Spending } from "../access/question.ts";
import { type Addressed, addressOf } from "./address-of.ts";
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
  request: Addressed & Pick<FastifyRequest, "spending">,
  token: TokenPrincipal,
  spend: SpendUse,
): void | Promise<void> {
  if (token.conditions === undefined && token.awaitsFirstUse !== true) return;
  if (request.spending !== undefined) return;
  const address = addressOf(request);
  return andThen(spend(token, address, address), (spending) => {
    request.spending = spending;
  });
}
