import { Modal, PasswordInput, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { api, sessionOwner } from "../../api/client.ts";
import { profileQuery } from "../../api/profile.ts";
import { staleEverything } from "../../api/stale.ts";
import { readAnew, useChange } from "../../api/use-change.ts";
import { Form } from "../../ui/form.tsx";
import { isSessionEnd } from "../../words/failure-text.ts";
import { isolated } from "../../words/foreign-text.ts";
import { useSignOut } from "./use-sign-out.ts";

/** Lets a person whose session has ended go on where they are, with all they have typed. */
export function SessionEndedDialog() {
  const queryClient = useQueryClient();
  const signOut = useSignOut();
  const [hasEnded, setHasEnded] = useState(false);
  const [password, setPassword] = useState("");
  useEffect(() => {
    const listen = (error: unknown) => {
      if (isSessionEnd(error)) setHasEnded(true);
    };
    const unsubscribes = [
      queryClient.getQueryCache().subscribe((event) => {
        if (event.type === "updated" && event.action.type === "error") listen(event.action.error);
      }),
      queryClient.getMutationCache().subscribe((event) => {
        if (event.type === "updated" && event.action.type === "error") listen(event.action.error);
      }),
    ];
    return () => {
      for (const unsubscribe of unsubscribes) unsubscribe();
    };
  }, [queryClient]);

  useEffect(() => {
    if (!hasEnded) return;
    // In another tab they may have signed in again.
    return sessionOwner.subscribe(() => {
      const asked = queryClient.fetchQuery({ ...profileQuery, staleTime: 0, retry: false });
      void asked.then(
        () => {
          setHasEnded(false);
          return readAnew(queryClient, staleEverything);
        },
        () => undefined,
      );
    });
  }, [hasEnded, queryClient]);

  const person = queryClient.getQueryData(profileQuery.queryKey);
  const username = person?.credentials?.username ?? person?.email ?? "";
  const isOther = useSyncExternalStore(sessionOwner.subscribe, sessionOwner.isOther);
  const signInAgain = () =>
    sessionOwner.change(() => api.web_session.sign_in({ body: { username, password } }));
  const signIn = useChange(signInAgain, {
    done: "You are signed in again",
    stale: staleEverything,
    onDone: () => {
      setHasEnded(false);
      setPassword("");
    },
  });
  return (
    <Modal
      opened={hasEnded && !isOther}
      onClose={signOut}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
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
