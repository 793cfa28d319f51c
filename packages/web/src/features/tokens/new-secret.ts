import { type QueryClient, queryOptions, skipToken } from "@tanstack/react-query";

const secretKey = (tokenId: string) => ["new-secret", tokenId];

/** The secret of a token just made, while its page has not been left or reloaded; kept in memory only. */
export const newSecretQuery = (tokenId: string) =>
  queryOptions<string>({
    queryKey: secretKey(tokenId),
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });

export function rememberSecret(
  queryClient: QueryClient,
  token: { readonly id: string; readonly secret: string },
): void {
  queryClient.setQueryDefaults(secretKey(token.id), { gcTime: Number.POSITIVE_INFINITY });
  queryClient.setQueryData(secretKey(token.id), token.secret);
}

/** For leaving the page of a new token. */
export function forgetSecrets(queryClient: QueryClient): void {
  queryClient.removeQueries({ queryKey: ["new-secret"] });
}
