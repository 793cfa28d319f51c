import { queryOptions } from "@tanstack/react-query";
import type { ReplyTo } from "@tessera/sdk";
import { api } from "./client.ts";
import { tokensKey } from "./tokens.ts";

export type Proposal = ReplyTo<"tokens.proposal">;

/** Which scopes the token would do with, by its uses in the window: `90d`. */
export const proposalQuery = (tokenId: string, window: string) =>
  queryOptions({
    queryKey: [...tokensKey, "proposal", tokenId, window],
    queryFn: ({ signal }) => api.tokens.proposal({ tokenId, query: { window } }, { signal }),
  });
