import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";

interface SignOutQuestionProps {
  readonly isOpen: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks whoever signs out of a page with something unsaved on it. */
export function SignOutQuestion(props: SignOutQuestionProps) {
  return (
    <ConfirmDialog
      {...props}
      title="Sign out and lose what is on this page?"
      verb="Sign out"
      closeVerb="Stay"
      isPending={false}
      error={null}
    >
      You have entered something that is not saved, or were shown a secret that is not copied yet.
    </ConfirmDialog>
  );
}
