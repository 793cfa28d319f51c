import type { ReactNode } from "react";
import { ConfirmDialog } from "./confirm-dialog.tsx";

interface LeaveQuestionProps {
  /** Of the router: what holds up who leaves the page. */
  readonly blocker: {
    readonly status: "idle" | "blocked";
    readonly proceed?: (() => void) | undefined;
    readonly reset?: (() => void) | undefined;
  };
  readonly title: string;
  /** What would be lost. */
  readonly children: ReactNode;
}

/** Asks whoever leaves a page with something unsaved on it. */
export function LeaveQuestion({ blocker, title, children }: LeaveQuestionProps) {
  return (
    <ConfirmDialog
      isOpen={blocker.status === "blocked"}
      title={title}
      verb="Leave"
      isPending={false}
      error={null}
      onConfirm={() => blocker.proceed?.()}
      onClose={() => blocker.reset?.()}
    >
      {children}
    </ConfirmDialog>
  );
}
