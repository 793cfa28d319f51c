import { Modal, PasswordInput, Text } from "@mantine/core";
import { TesseraError } from "@tessera/sdk";
import { useEffect, useState } from "react";
import { api, passwordRequests } from "../../api/client.ts";
import { useChange } from "../../api/use-change.ts";
import { Form } from "../../ui/form.tsx";

/** Asks for the password where a change needs it again; the change then goes on by itself. */
export function ConfirmPasswordDialog({ isOpen }: { readonly isOpen: boolean }) {
  const [password, setPassword] = useState("");
  const confirm = useChange(() => api.sessions.confirm({ body: { password } }), {
    done: null,
    stale: [],
    onDone: () => close(true),
  });
  const close = (isGiven: boolean) => {
    passwordRequests.answer(isGiven);
    setPassword("");
    confirm.reset();
  };
  // Nobody could answer any more.
  useEffect(() => () => passwordRequests.answer(false), []);
  const isWrong = confirm.error instanceof TesseraError && confirm.error.field === "password";
  return (
    <Modal
      opened={isOpen}
      onClose={() => close(false)}
      title="Confirm with your password"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Form
        change={confirm}
        verb="Confirm"
        isNarrow
        isBrowserChecked
        isFailureSaid={isWrong}
        onClose={() => close(false)}
        onSubmit={() => confirm.mutate()}
      >
        <Text size="sm">
          To change your account some minutes after signing in, you need to give the password again.
          Nothing you typed is lost.
        </Text>
        <PasswordInput
          label="Your password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={isWrong && "This is not your password"}
          data-autofocus
          required
          withAsterisk={false}
        />
      </Form>
    </Modal>
  );
}
