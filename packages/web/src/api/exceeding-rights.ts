import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ScopeWire } from "@tessera/sdk";
import { maximumCount } from "@tessera/sdk";
import { api } from "./client.ts";
import { scopeKey } from "./scope-key.ts";

/** Whatever is known of scopes that exceed the rights of whoever is signed in. */
export const exceedingKey = ["exceeding-rights"] as const;

/** The keys of those scopes that allow more than the person may do now; empty while unknown. */
export function useExceedingScopes(scopes: readonly ScopeWire[]): ReadonlySet<string> {
  const { data } = useQuery({
    queryKey: [...exceedingKey, scopes.map(scopeKey)],
    queryFn: ({ signal }) => findExceeding(scopes, signal),
    enabled: scopes.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  return data ?? new Set();
}

/** Asks the server which of the scopes exceed the rights of whoever is signed in. */
export async function findExceeding(
  scopes: readonly ScopeWire[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const exceeding = new Set<string>();
  for (let start = 0; start < scopes.length; start += maximumCount.questions) {
    const answers = await api.service.authorize(
      { body: scopes.slice(start, start + maximumCount.questions) },
      signal === undefined ? {} : { signal },
    );
    for (const answer of Array.isArray(answers) ? answers : [answers]) {
      if (!answer.allowed) exceeding.add(scopeKey(answer));
    }
  }
  return exceeding;
}
