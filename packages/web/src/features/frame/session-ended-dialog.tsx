import { Modal, PasswordInput, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, sessionOwner } from "../../api/client.ts";
import { profileQuery } from "../../api/profile.ts";
import { staleEverything } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { Form } from "../../ui/form.tsx";
import { isolated } from "../../words/foreign-text.ts";
import { useSignOut } from "./use-sign-out.ts";

interface SessionEndedDialogProps {
  readonly isOpen: boolean;
  readonly onSignedIn: () => void;
}

/** Asks somebody for the password whose session has ended. */
export function SessionEndedDialog({ isOpen, onSignedIn }: SessionEndedDialogProps) {
  const queryClient = useQueryClient();
  const signOut = useSignOut();
  const [password, setPassword] = useState("");
  const person = queryClient.getQueryData(profileQuery.queryKey);
  const username = person?.credentials?.username ?? person?.email ?? "";
  const signInAgain = () =>
    sessionOwner.change(() => api.web_session.sign_in({ body: { username, password } }));
  const signIn = useChange(signInAgain, {
    done: "You are signed in again",
    stale: staleEverything,
    onDone: () => {
      onSignedIn();
      setPassword("");
    },
  });
  return (
    <Modal
      opened={isOpen}
      onClose={signOut}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      // What had the focus when the session ended may have lost it since: useKeptFocus knows where it was.
      returnFocus={false}
      title="Your session has ended"
    >
      <Form
        change={signIn}
        verb="Sign in"
        isNarrow
        isBrowserChecked
        onClose={signOut}
        closeVerb="Leave"
        onSubmit={() => signIn.mutate()}
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
