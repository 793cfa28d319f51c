import { Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client.ts";
import {
  forgetTokens,
  type Token,
  tokenCountQuery,
  tokensKey,
  tokensQuery,
} from "../../api/tokens.ts";
import { useChange } from "../../api/use-change.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { lazyDialog } from "../../ui/lazy-part.tsx";
import { Name } from "../../ui/name.tsx";
import { isolated } from "../../words/foreign-text.ts";
import { LastUse } from "./last-use.tsx";

const RegenerateDialog = lazyDialog(
  async () => (await import("./rotation/regenerate-dialog.tsx")).RegenerateDialog,
);

const lastUsedFirst = { status: "all", order: "last_used_at", dir: "desc", limit: 1 } as const;

/** What can be done to a token after a question. */
export type TokenDialog = "revoke" | "restore" | "regenerate" | "delete";

interface TokenDialogsProps {
  readonly token: Token;
  /** The open dialog. */
  readonly dialog: TokenDialog | undefined;
  readonly onClose: () => void;
  readonly onDeleted?: () => Promise<void>;
}

/** The dialogs of one token: revoke, restore, regenerate, delete. */
export function TokenDialogs({ token, dialog, onClose, onDeleted }: TokenDialogsProps) {
  return (
    <>
      <RevokeDialog token={token} isOpen={dialog === "revoke"} onClose={onClose} />
      <RestoreDialog token={token} isOpen={dialog === "restore"} onClose={onClose} />
      <RegenerateDialog token={token} isOpen={dialog === "regenerate"} onClose={onClose} />
      <DeleteDialog
        token={token}
        isOpen={dialog === "delete"}
        onClose={onClose}
        onDeleted={onDeleted}
      />
    </>
  );
}

interface DialogProps {
  readonly token: Token;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

function RevokeDialog({ token, isOpen, onClose }: DialogProps) {
  const revoke = useChange(() => api.tokens.revoke({ tokenId: token.id }), {
    done: `“${isolated(token.name)}” is revoked`,
    onDone: onClose,
    stale: [tokensKey],
  });
  return (
    <ConfirmDialog
      isOpen={isOpen}
      title="Revoke PAT"
      verb="Revoke"
      isPending={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate()}
      onClose={onClose}
    >
      <strong>
        <Name>{token.name}</Name>
      </strong>{" "}
      stops working at once, for everything that uses it. You can regenerate it later: it then gets
      a new secret, and what uses it needs that one.
      <LastUse token={token} />
    </ConfirmDialog>
  );
}

function RestoreDialog({ token, isOpen, onClose }: DialogProps) {
  const restore = useChange(() => api.tokens.restore({ tokenId: token.id }), {
    done: `“${isolated(token.name)}” works again`,
    onDone: onClose,
    stale: [tokensKey],
  });
  return (
    <ConfirmDialog
      isOpen={isOpen}
      title="Restore PAT"
      verb="Restore"
      isPending={restore.isPending}
      error={restore.error}
      onConfirm={() => restore.mutate()}
      onClose={onClose}
    >
      <strong>
        <Name>{token.name}</Name>
      </strong>{" "}
      was revoked because your account was disabled. Restored, it works again with the secret it
      has, for whoever has it. If somebody else may know that secret, regenerate the token instead.
    </ConfirmDialog>
  );
}

function DeleteDialog({
  token,
  isOpen,
  onClose,
  onDeleted,
}: DialogProps & { readonly onDeleted: (() => Promise<void>) | undefined }) {
  const queryClient = useQueryClient();
  const remove = useChange(() => api.tokens.delete({ tokenId: token.id }), {
    done: `“${isolated(token.name)}” is deleted`,
    onDone: async () => {
      onClose();
      await onDeleted?.();
      forgetTokens(queryClient, token.id);
    },
    stale: [tokensKey],
  });
  return (
    <ConfirmDialog
      isOpen={isOpen}
      title="Delete PAT"
      verb="Delete"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <strong>
        <Name>{token.name}</Name>
      </strong>{" "}
      {token.status === "active"
        ? "stops working at once, and its scopes and its record of use are gone for good."
        : "no longer works. Deleted, its scopes and its record of use are gone for good too."}
      <LastUse token={token} />
    </ConfirmDialog>
  );
}

/** Asks for the word before all of a person's tokens are deleted. */
export function DeleteAllDialog({ isOpen, onClose }: Omit<DialogProps, "token">) {
  const { data: count } = useQuery({ ...tokenCountQuery, enabled: isOpen });
  const { data: recent } = useQuery({ ...tokensQuery(lastUsedFirst), enabled: isOpen });
  const [last] = recent?.pats ?? [];
  const queryClient = useQueryClient();
  const removeAll = useChange(() => api.tokens.delete_all(), {
    done: "All your tokens are deleted",
    onDone: () => {
      forgetTokens(queryClient);
      onClose();
    },
    stale: [tokensKey],
  });
  return (
    <ConfirmDialog
      isOpen={isOpen}
      title="Delete all PATs"
      verb="Delete All"
      word="delete"
      isPending={removeAll.isPending}
      error={removeAll.error}
      onConfirm={() => removeAll.mutate()}
      onClose={onClose}
    >
      {count === 1 ? "Your only token" : `All ${count ?? ""} of your tokens`}, active, revoked and
      expired ones alike, will be deleted for good. Whatever uses one of them stops working at once.
      {last !== undefined && (
        <Text size="sm" mt="sm" component="div">
          The one used last is{" "}
          <strong>
            <Name>{last.name}</Name>
          </strong>
          . <LastUse token={last} />
        </Text>
      )}
    </ConfirmDialog>
  );
}
