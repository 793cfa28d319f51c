import { type QueryClient, queryOptions, skipToken } from "@tanstack/react-query";
import type { Entity } from "../api/entities.ts";

const key = "new-client-secret";

/** The secret that a client was just given, while its page has not been left or reloaded; kept in memory only. */
export const newClientSecretQuery = (id: string) =>
  queryOptions<string>({
    queryKey: [key, id],
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });

/** Keeps the secret of a reply that shows one. */
export function rememberClientSecret(
  queryClient: QueryClient,
  { id, credentials }: Pick<Entity, "id"> & { readonly credentials?: object | undefined },
): void {
  const secret: unknown = Object.entries(credentials ?? {}).find(
    ([name]) => name === "secret",
  )?.[1];
  if (typeof secret !== "string") return;
  queryClient.setQueryDefaults([key, id], { gcTime: Number.POSITIVE_INFINITY });
  queryClient.setQueryData([key, id], secret);
}

/** For leaving the page of a client. */
export function forgetClientSecrets(queryClient: QueryClient): void {
  queryClient.removeQueries({ queryKey: [key] });
}
