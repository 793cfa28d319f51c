import { type QueryClient, queryOptions, skipToken } from "@tanstack/react-query";

const newSecretsKey = ["new-secret"] as const;
const newSecretKey = (ownerId: string) => [...newSecretsKey, ownerId] as const;

/** The secret that a token or client was just given, while its page has not been left or reloaded; kept in memory only. */
export const newSecretQuery = (ownerId: string) =>
  queryOptions<string>({
    queryKey: newSecretKey(ownerId),
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });

export function rememberSecret(
  queryClient: QueryClient,
  { id, secret }: { readonly id: string; readonly secret: string },
): void {
  queryClient.setQueryDefaults(newSecretKey(id), { gcTime: Number.POSITIVE_INFINITY });
  queryClient.setQueryData(newSecretKey(id), secret);
}

/** Keeps the secret of a reply that gave a client one. */
export function rememberClientSecret(
  queryClient: QueryClient,
  client: { readonly id: string; readonly credentials?: object | undefined },
): void {
  const secret = secretOfReply(client);
  if (secret !== undefined) rememberSecret(queryClient, { id: client.id, secret });
}

/** For one that does not work any more, while its page shows it. */
export function forgetSecret(queryClient: QueryClient, ownerId: string): void {
  void queryClient.resetQueries({ queryKey: newSecretKey(ownerId) });
}

/** For those that pages show whose person is gone. */
export function forgetShownSecrets(queryClient: QueryClient): void {
  void queryClient.resetQueries({ queryKey: newSecretsKey });
}

/** For leaving the page that shows one. */
export function forgetSecrets(queryClient: QueryClient): void {
  queryClient.removeQueries({ queryKey: newSecretsKey });
}

/** The secret in the reply that gave a client one; `undefined` in every other reply. */
export function secretOfReply({
  credentials = {},
}: {
  readonly credentials?: object | undefined;
}): string | undefined {
  const secret: unknown = Object.entries(credentials).find(([name]) => name === "secret")?.[1];
  return typeof secret === "string" ? secret : undefined;
}
