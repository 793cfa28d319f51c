import { Modal } from "@mantine/core";
import { createContext, type ReactNode, useContext, useState } from "react";
import { ConfirmDialog } from "./confirm-dialog.tsx";

const TouchContext = createContext<() => void>(() => undefined);

/** For fields of a dialog whose changes are no typing: tells it that there is something to lose. */
export function useTouch(): () => void {
  return useContext(TouchContext);
}

interface DialogProps {
  readonly isOpen: boolean;
  readonly title: string;
  readonly size?: string | number;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog with a form. Escape, the cross and a click beside it throw nothing away that was entered, unless asked. */
export function Dialog({ isOpen, title, size, onClose, children }: DialogProps) {
  const [isTouched, setIsTouched] = useState(false);
  const [isAsking, setIsAsking] = useState(false);
  if (!isOpen && (isTouched || isAsking)) {
    setIsTouched(false);
    setIsAsking(false);
  }
  return (
    <>
      <Modal
        opened={isOpen}
        onClose={() => (isTouched ? setIsAsking(true) : onClose())}
        title={title}
        closeOnEscape={!isAsking}
        closeOnClickOutside={!isAsking}
        trapFocus={!isAsking}
        {...(size === undefined ? {} : { size })}
      >
        <div onInput={() => setIsTouched(true)}>
          <TouchContext value={() => setIsTouched(true)}>{children}</TouchContext>
        </div>
      </Modal>
      {/* Were it there before, the same Escape that opens it would close it. */}
      {isAsking && (
        <ConfirmDialog
          isOpen
          title="Discard what you entered?"
          verb="Discard"
          closeVerb="Go on editing"
          isPending={false}
          error={null}
          onConfirm={onClose}
          onClose={() => setIsAsking(false)}
        >
          Nothing of it is saved yet.
        </ConfirmDialog>
      )}
    </>
  );
}
