import { Button, Group, Stack } from "@mantine/core";
import { type FormEvent, type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { fieldComplaint } from "../words/failure-text.ts";
import { FailureNotice } from "./failure-notice.tsx";
import classes from "./form.module.css";

interface FormProps {
  /** What the form sets in motion: whether it is under way, and why it failed. */
  readonly change: { readonly isPending: boolean; readonly error: unknown };
  /** Not called while the change is under way. */
  readonly onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  /** The verb on the button that sends it. */
  readonly verb: string;
  readonly color?: string;
  readonly isDisabled?: boolean;
  readonly isVerbFocused?: boolean;
  /** For what cannot be taken back. */
  readonly isCloseFocused?: boolean;
  /** Absent: there is no button to leave by. */
  readonly onClose?: () => void;
  readonly closeVerb?: string;
  /** Stands across from the buttons. */
  readonly beside?: ReactNode;
  /** The buttons as wide as the fields, one below the other. */
  readonly isNarrow?: boolean;
  /** The failure is said at a field already. */
  readonly isFailureSaid?: boolean;
  /** The browser says which field is missing. */
  readonly isBrowserChecked?: boolean;
  readonly children: ReactNode;
}

/** Fields, then why the last attempt failed, then the buttons: the form of every form. */
export function Form(props: FormProps) {
  const { change, verb, color, isDisabled = false, onClose, closeVerb = "Cancel" } = props;
  const { form, onTried } = useFailuresInView(change.error);
  const sendButton = (
    <Button
      type="submit"
      loading={change.isPending}
      disabled={isDisabled}
      {...(color === undefined ? {} : { color })}
      {...(props.isVerbFocused === true ? { "data-autofocus": true } : {})}
      {...(props.isNarrow === true && onClose === undefined ? { mt: "xs" } : {})}
    >
      {verb}
    </Button>
  );
  const buttons = (
    <Group justify="flex-end">
      {onClose !== undefined && (
        <Button
          variant="default"
          onClick={onClose}
          {...(props.isCloseFocused === true ? { "data-autofocus": true } : {})}
        >
          {closeVerb}
        </Button>
      )}
      {sendButton}
    </Group>
  );
  return (
    <form
      ref={form}
      noValidate={props.isBrowserChecked !== true}
      onSubmit={(event) => {
        event.preventDefault();
        if (change.isPending || isDisabled) return;
        props.onSubmit(event);
        onTried();
      }}
    >
      <Stack>
        {props.children}
        {props.isFailureSaid !== true && <FailureNotice error={change.error} />}
        {props.isNarrow === true && sendButton}
        {props.isNarrow === true && onClose !== undefined && (
          <Button variant="subtle" color="gray" onClick={onClose}>
            {closeVerb}
          </Button>
        )}
        {props.isNarrow !== true && (
          <Group
            justify={props.beside === undefined ? "flex-end" : "space-between"}
            className={classes.buttons ?? ""}
          >
            {props.beside}
            {buttons}
          </Group>
        )}
      </Stack>
    </form>
  );
}

/** After an attempt that fails the first field that is wrong is in view and has the focus, or else the reason has. */
export function useFailuresInView(error: unknown): {
  readonly form: RefObject<HTMLFormElement | null>;
  /** To be called after each attempt to send the form. */
  readonly onTried: () => void;
} {
  const form = useRef<HTMLFormElement>(null);
  const [attempts, setAttempts] = useState(0);
  useEffect(() => {
    if (attempts > 0) showFirstFailure(form.current);
  }, [attempts]);
  useEffect(() => {
    if (error !== null && error !== undefined) showFirstFailure(form.current);
  }, [error]);
  return { form, onTried: () => setAttempts((count) => count + 1) };
}

function showFirstFailure(form: HTMLFormElement | null): void {
  // What a page tells besides, such as that a link has filled it in, takes no focus.
  const said = form?.querySelector(
    "[aria-invalid=true], .mantine-InputWrapper-error, [role=alert][tabindex]",
  );
  const field = said?.matches(".mantine-InputWrapper-error")
    ? said.closest(".mantine-InputWrapper-root")?.querySelector("input")
    : said;
  if (!(field instanceof HTMLElement)) return;
  field.focus({ preventScroll: true });
  field.scrollIntoView({ block: "center" });
  // Below a tall field the reason may still be out of view.
  field
    .closest(".mantine-InputWrapper-root")
    ?.querySelector(".mantine-InputWrapper-error")
    ?.scrollIntoView({ block: "nearest" });
}

/** Says at its field what the server complains of, also of a part of it (`tags.2`); `fields`: the form's names by the wire's. */
export function sayAtField<Field extends string>(
  error: unknown,
  fields: Readonly<Record<string, Field>>,
  say: (field: Field, text: string) => void,
): void {
  const complaint = fieldComplaint(error);
  if (complaint === undefined) return;
  const named = Object.entries(fields).find(
    ([name]) => complaint.field === name || complaint.field.startsWith(`${name}.`),
  );
  if (named !== undefined) say(named[1], complaint.text);
}

type Problems<Field extends string> = { readonly [Name in Field]?: string | undefined };

/** What keeps a form from being sent, by field; said once the person has tried to send it. */
export function useProblems<Field extends string>(problems: Problems<Field>) {
  const [wasTried, setWasTried] = useState(false);
  const none: Problems<Field> = {};
  return {
    wasTried,
    shown: wasTried ? problems : none,
    /** Sends the form if nothing keeps it. */
    attempt: (send: () => void) => {
      setWasTried(true);
      if (Object.values(problems).every((problem) => problem === undefined)) send();
    },
  };
}
