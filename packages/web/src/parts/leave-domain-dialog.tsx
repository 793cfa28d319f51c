import { useQueryClient } from "@tanstack/react-query";
import { api } from "../api/client.ts";
import { staleEverything } from "../api/stale.ts";
import { useChange } from "../api/use-change.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Name } from "../ui/name.tsx";
import { isolated } from "../words/foreign-text.ts";
import { useForgetDomain } from "./current-domain.ts";

interface LeaveDomainDialogProps {
  readonly isOpen: boolean;
  readonly domain: { readonly id: string; readonly name: string };
  readonly onClose: () => void;
  /** Pages of the domain are left here, before they are told that they show nothing any more. */
  readonly onLeft: () => unknown;
}

/** Asks before one ends one's own membership. */
export function LeaveDomainDialog({ isOpen, domain, onClose, onLeft }: LeaveDomainDialogProps) {
  const queryClient = useQueryClient();
  const forget = useForgetDomain();
  const { id: domainId, name } = domain;
  const leave = useChange(() => api.domains.leave({ domainId }), {
    done: `You have left ${isolated(name)}`,
    onDone: async () => {
      await onLeft();
      forget(domainId);
      queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey.includes(domainId) });
    },
    stale: staleEverything,
  });
  return (
    <ConfirmDialog
      isOpen={isOpen}
      title="Leave this domain"
      verb="Leave"
      isPending={leave.isPending}
      error={leave.error}
      onConfirm={() => leave.mutate()}
      onClose={onClose}
    >
      You lose your role in{" "}
      <strong>
        <Name>{name}</Name>
      </strong>{" "}
      and every role on what is in it, at once. Your tokens can do nothing there from then on. To
      come back, you need a new role or invitation from somebody who manages its members.
    </ConfirmDialog>
  );
}
