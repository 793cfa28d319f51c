import { Code, Modal, Text, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Form } from "./form.tsx";

interface ConfirmDialogProps {
  readonly isOpen: boolean;
  readonly title: string;
  /** What will happen, and to what. */
  readonly children: ReactNode;
  /** The verb on the button that does it. */
  readonly verb: string;
  /** For what cannot be undone in bulk: this word has to be typed first. */
  readonly word?: string;
  readonly isHarmless?: boolean;
  readonly closeVerb?: string;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something is done that cannot be taken back. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  return (
    <Modal opened={props.isOpen} onClose={props.onClose} title={props.title} size="md">
      <ConfirmForm {...props} />
    </Modal>
  );
}

/** Mounted anew whenever the dialog opens, so that the word is to be typed each time. */
function ConfirmForm(props: ConfirmDialogProps) {
  const { word, verb, isHarmless = false, onConfirm, onClose } = props;
  const [typed, setTyped] = useState("");
  const isReady = word === undefined || typed.trim().toLowerCase() === word;
  return (
    <Form
      change={props}
      verb={verb}
      isDisabled={!isReady}
      isVerbFocused={word === undefined && isHarmless}
      // Enter alone is not to do what cannot be taken back.
      isCloseFocused={word === undefined && !isHarmless}
      {...(isHarmless ? {} : { color: "brick" })}
      {...(props.closeVerb === undefined ? {} : { closeVerb: props.closeVerb })}
      onClose={onClose}
      onSubmit={onConfirm}
    >
      <Text size="sm" component="div">
        {props.children}
      </Text>
      {word !== undefined && (
        <TextInput
          label={
            <>
              Type <Code>{word}</Code> to confirm
            </>
          }
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
      )}
    </Form>
  );
}
