import { Modal, PasswordInput, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { profileQuery } from "../../api/profile.ts";
import { signIn } from "../../api/sign-in.ts";
import { staleEverything } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { Form } from "../../ui/form.tsx";
import { isolated } from "../../words/foreign-text.ts";
import { overHiddenPage } from "./over-hidden-page.ts";
import { signOut } from "./sign-out.ts";

interface SessionEndedDialogProps {
  readonly isOpen: boolean;
  readonly onSignedIn: () => void;
}

/** Asks somebody for the password whose session has ended. */
export function SessionEndedDialog({ isOpen, onSignedIn }: SessionEndedDialogProps) {
  const queryClient = useQueryClient();
  const [password, setPassword] = useState("");
  const person = queryClient.getQueryData(profileQuery.queryKey);
  const username = person?.credentials?.username ?? person?.email ?? "";
  // Whoever has that username by now gets a page of their own.
  const entering = useChange(() => signIn({ username, password }, "/"), {
    done: "You are signed in again",
    stale: staleEverything,
    onDone: () => {
      onSignedIn();
      setPassword("");
    },
  });
  const leaving = useChange(signOut, { done: null, stale: [] });
  const leave = () => leaving.mutate();
  return (
    <Modal
      opened={isOpen}
      onClose={leave}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      // What had the focus when the session ended may have lost it since: useKeptFocus knows where it was.
      returnFocus={false}
      title="Your session has ended"
      {...overHiddenPage}
    >
      <Form
        change={leaving.error === null ? entering : leaving}
        verb="Sign in"
        isNarrow
        isBrowserChecked
        onClose={leave}
        closeVerb="Leave"
        onSubmit={() => {
          leaving.reset();
          entering.mutate();
        }}
      >
        <Text size="sm">Sign in again to go on where you are. Nothing you typed is lost.</Text>
        <PasswordInput
          label={`Password of ${isolated(username)}`}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          data-autofocus
          required
        />
      </Form>
    </Modal>
  );
}
