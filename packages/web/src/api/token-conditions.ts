import { type QueryClient, queryOptions } from "@tanstack/react-query";
import type { ReplyTo, RequestOf } from "@tessera/sdk";
import { api } from "./client.ts";
import { allScopesQuery, type Token } from "./tokens.ts";

type Draft = RequestOf<"tokens.explain_draft">["body"];
export type TokenQuestion = NonNullable<Draft["questions"]>[number];
export type TokenAnswer = ReplyTo<"tokens.explain_draft">["answers"][number];
type Addresses = NonNullable<Draft["conditions"]>["addresses"];

/** Any lifetime that every server allows: the draft is never made. */
const anyLifetime = { duration: "1m" };

/** From where the person's requests come, and whether a token would work from there that works from these addresses. */
export const ownAddressQuery = (addresses: Addresses) =>
  queryOptions({
    queryKey: ["own-address", addresses],
    queryFn: async ({ signal }) => {
      const conditions = addresses === undefined ? {} : { conditions: { addresses } };
      const reply = await api.tokens.explain_draft(
        { body: { ...anyLifetime, ...conditions } },
        { signal },
      );
      return { address: reply.your_address, isAdmitted: reply.your_address_works };
    },
    // What is refused is said where it is sent.
    retry: false,
  });

/**
 * What the server's decision says of a use that nobody makes: of a token with the scopes and conditions of this one, as it
 * cannot be asked without its secret. It counts nothing, so it knows nothing of how often the token was used. One that has
 * ended is asked about as if it worked.
 */
export async function explainUse(
  queryClient: QueryClient,
  { id, status, expires_at, conditions }: Token,
  question: TokenQuestion,
): Promise<TokenAnswer | undefined> {
  const scopes = await queryClient.fetchQuery(allScopesQuery(id));
  const { answers } = await api.tokens.explain_draft({
    body: {
      ...(status === "active" ? { expires_at } : anyLifetime),
      scopes: scopes.map(({ domain_id, entity_type, entity_id, operation }) => ({
        domain_id,
        entity_type,
        entity_id,
        operation,
      })),
      ...(conditions === undefined ? {} : { conditions }),
      questions: [question],
    },
  });
  return answers[0];
}
