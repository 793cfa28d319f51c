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
  /** It cannot be closed now. */
  readonly isBusy?: boolean;
  /** What was entered has been sent: there is nothing to lose any more. */
  readonly isSent?: boolean;
  /** What is lost with it also where nothing was entered, as a sentence. */
  readonly loss?: string | undefined;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog with a form. Escape, the cross and a click beside it throw nothing away that was entered, unless asked. */
export function Dialog(props: DialogProps) {
  const { isOpen, title, size, isBusy = false, isSent = false, loss, onClose, children } = props;
  const [isTouched, setIsTouched] = useState(false);
  const [isAsking, setIsAsking] = useState(false);
  if (!isOpen && (isTouched || isAsking)) {
    setIsTouched(false);
    setIsAsking(false);
  }
  const close = () => {
    if (isBusy) return;
    if ((isTouched && !isSent) || loss !== undefined) setIsAsking(true);
    else onClose();
  };
  return (
    <>
      <Modal
        opened={isOpen}
        onClose={close}
        title={title}
        withCloseButton={!isBusy}
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
          title={loss === undefined ? "Discard what you entered?" : "Close and lose it?"}
          verb={loss === undefined ? "Discard" : "Close"}
          closeVerb={loss === undefined ? "Go on editing" : "Go back"}
          isPending={false}
          error={null}
          onConfirm={onClose}
          onClose={() => setIsAsking(false)}
        >
          {loss ?? "Nothing of it is saved yet."}
        </ConfirmDialog>
      )}
    </>
  );
}
