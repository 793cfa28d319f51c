import { notifications } from "@mantine/notifications";
import {
  type QueryClient,
  type QueryKey,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";

interface After<Reply, Variables> {
  /** What the change makes stale, by the beginnings of the keys; as far as it is shown, it is read anew. */
  readonly stale: readonly QueryKey[];
  /** Said in passing when it is done; null where the page itself says so. */
  readonly done: string | null | ((variables: Variables, reply: Reply) => string | null);
  /** Runs first, so that a page can be left before what it shows is read anew. */
  readonly onDone?: ((reply: Reply, variables: Variables) => unknown) | undefined;
  readonly onFailed?: ((error: unknown) => void) | undefined;
  /** Several requests, of which some may be done when one fails. */
  readonly isInParts?: boolean;
}

/** Every change that a person makes: the request, then what is said, and what is read anew. */
export function useChange<Reply, Variables = void>(
  change: (variables: Variables) => Promise<Reply>,
  { stale, done, onDone, onFailed, isInParts = false }: After<Reply, Variables>,
) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (reply, variables) => {
      await onDone?.(reply, variables);
      const message = typeof done === "function" ? done(variables, reply) : done;
      if (message !== null) notifications.show({ message });
      await readAnew(queryClient, stale);
    },
    onError: async (error) => {
      onFailed?.(error);
      if (isInParts) await readAnew(queryClient, stale);
    },
  });
}

/** For after changes that are no single act of {@link useChange}. */
export async function readAnew(
  queryClient: QueryClient,
  stale: readonly QueryKey[],
): Promise<void> {
  await Promise.all(stale.map((queryKey) => queryClient.invalidateQueries({ queryKey })));
}
