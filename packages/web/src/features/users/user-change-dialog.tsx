import { api } from "../../api/client.ts";
import { profileQuery } from "../../api/profile.ts";
import { useChange } from "../../api/use-change.ts";
import { type ListedUser, peopleKey } from "../../api/users.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Name } from "../../ui/name.tsx";

export type UserChange = "promote" | "demote" | "disable" | "enable";

interface UserChangeDialogProps {
  readonly user: ListedUser;
  readonly change: UserChange;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

const words = {
  promote: {
    title: "Make an administrator?",
    verb: "Make an administrator",
    done: "They are an administrator now",
    run: (userId: string) => api.users.update_role({ userId, body: { role: "admin" } }),
    isHarmless: false,
    consequence: () =>
      "They may then do everything on this server: in every domain, and with every account.",
  },
  demote: {
    title: "Make an ordinary user?",
    verb: "Make an ordinary user",
    done: "They are an ordinary user now",
    run: (userId: string) => api.users.update_role({ userId, body: { role: "user" } }),
    isHarmless: false,
    consequence: () =>
      "They keep their account, and what their roles in domains allow. Tokens of theirs can no longer do more than that either.",
  },
  disable: {
    title: "Disable this account?",
    verb: "Disable",
    done: "The account is disabled",
    run: (userId: string) => api.users.disable({ userId }),
    isHarmless: false,
    consequence: (tokens: number) => {
      if (tokens === 0) return "They are signed out everywhere at once. Nothing is deleted.";
      const lost =
        tokens === 1
          ? "their token stops working"
          : `their ${tokens.toLocaleString("en")} tokens stop working`;
      return `They are signed out everywhere, and ${lost} at once. Nothing is deleted: once the account is enabled again, they themselves can let tokens work again.`;
    },
  },
  enable: {
    title: "Enable this account?",
    verb: "Enable",
    done: "The account is enabled",
    run: (userId: string) => api.users.enable({ userId }),
    isHarmless: true,
    consequence: (tokens: number) =>
      tokens === 0
        ? "They can sign in again."
        : "They can sign in again. Their tokens stay revoked until they restore them.",
  },
} as const;

/** Asks before an account is changed, and says what comes of it. */
export function UserChangeDialog({ user, change, isOpen, onClose }: UserChangeDialogProps) {
  const { title, verb, done, run, isHarmless, consequence } = words[change];
  const apply = useChange(() => run(user.id), {
    done,
    stale: [peopleKey, profileQuery.queryKey],
    onDone: onClose,
  });
  return (
    <ConfirmDialog
      isOpen={isOpen}
      title={title}
      verb={verb}
      isHarmless={isHarmless}
      isPending={apply.isPending}
      error={apply.error}
      onConfirm={() => apply.mutate()}
      onClose={onClose}
    >
      <p style={{ marginTop: 0 }}>
        <strong>
          <Name>{user.credentials?.username}</Name>
        </strong>{" "}
        (<Name>{user.email}</Name>)
      </p>
      {consequence(user.tokens?.count ?? 0)}
    </ConfirmDialog>
  );
}
