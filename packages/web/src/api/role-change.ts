import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { refreshRoles } from "./roles.ts";

/** A change of roles or members in a domain, after which everything shown of them is read anew. */
export function useRoleChange<Reply, Variables = void>(
  domainId: string,
  change: (variables: Variables) => Promise<Reply>,
  after: { readonly done?: string; readonly onDone?: (reply: Reply) => void | Promise<void> },
) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (reply) => {
      await after.onDone?.(reply);
      if (after.done !== undefined) notifications.show({ message: after.done });
      await refreshRoles(queryClient, domainId);
    },
  });
}
