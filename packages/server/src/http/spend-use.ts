import type { FastifyRequest } from "fastify";
import type { TokenPrincipal } from "../access/principal.ts";
import type { Spending } from "../access/question.ts";
import { andThen, type MaybePromise } from "./maybe-promise.ts";

/**
 * Counts one use of a token whose uses are limited, where its other conditions are met; `undefined`: nothing was
 * counted. `address`: from where it is used, as far as that is known.
 */
export type SpendUse = (
  token: TokenPrincipal,
  address: string | undefined,
) => MaybePromise<Spending | undefined>;

/** Counts the request once, however often it is looked at. */
export function spendOnce(
  request: Pick<FastifyRequest, "ip" | "spending">,
  token: TokenPrincipal,
  spend: SpendUse,
): void | Promise<void> {
  if (token.conditions === undefined || request.spending !== undefined) return;
  return andThen(spend(token, request.ip), (spending) => {
    request.spending = spending;
  });
}
