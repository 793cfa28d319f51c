import { Button, Text, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { maximumLength } from "@tessera/sdk";
import { useState } from "react";
import { api } from "../api/client.ts";
import type { Entity } from "../api/entities.ts";
import { newSecretQuery, rememberClientSecret } from "../api/new-secrets.ts";
import { staleEntities } from "../api/stale.ts";
import { useChange } from "../api/use-change.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Form } from "../ui/form.tsx";
import { LeaveQuestion } from "../ui/leave-question.tsx";
import { NewSecret } from "../ui/new-secret.tsx";
import { randomSecret } from "./random-secret.ts";

/** The secret that the client was just given, this once; nothing when there is none to show. */
export function NewClientSecret({ entity: client }: { readonly entity: Entity }) {
  const { data: secret } = useQuery(newSecretQuery(client.id));
  const [copied, setCopied] = useState<string>();
  const isUncopied = secret !== undefined && copied !== secret;
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) =>
      isUncopied && !next.pathname.startsWith(pathOfPage(current.pathname)),
    enableBeforeUnload: () => isUncopied,
    withResolver: true,
  });
  if (secret === undefined) return null;
  return (
    <>
      <NewSecret
        label="New secret"
        secret={secret}
        what="the secret"
        testId="client-secret"
        onCopied={() => setCopied(secret)}
      >
        Copy the client's secret now: it is kept as a digest only and cannot be shown again.
      </NewSecret>
      <LeaveQuestion blocker={blocker} title="Leave without copying the secret?">
        It is shown only this once. Without a copy you would have to give the client a new one.
      </LeaveQuestion>
    </>
  );
}

/** `/domains/<id>/clients/<id>`, whichever part of the page is open. */
function pathOfPage(pathname: string): string {
  return pathname.split("/").slice(0, 5).join("/");
}

interface UpdateSecretDialogProps {
  readonly client: Entity;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Gives a client another secret. */
export function UpdateSecretDialog(props: UpdateSecretDialogProps) {
  return (
    <Dialog isOpen={props.isOpen} onClose={props.onClose} title="Update secret">
      <UpdateSecretForm {...props} />
    </Dialog>
  );
}

function UpdateSecretForm({ client, onClose }: UpdateSecretDialogProps) {
  const { domain_id: domainId, id } = client;
  const queryClient = useQueryClient();
  const [secret, setSecret] = useState(newSecret);
  const update = useChange(
    () => api.clients.update_secret({ domainId, id, body: { secret: secret.trim() } }),
    {
      done: null,
      onDone: (updated) => {
        rememberClientSecret(queryClient, updated);
        onClose();
      },
      stale: staleEntities(domainId),
    },
  );
  const isEmpty = secret.trim() === "";
  return (
    <Form
      change={update}
      verb="Update"
      isDisabled={isEmpty}
      onClose={onClose}
      beside={
        <Button variant="subtle" color="gray" onClick={() => setSecret(newSecret())}>
          Make another
        </Button>
      }
      onSubmit={() => update.mutate()}
    >
      <Text size="sm">
        The present secret stops working at once; the device needs the new one. Keep the strong one
        made here, or enter your own.
      </Text>
      <TextInput
        label="Secret"
        withAsterisk
        autoComplete="off"
        maxLength={maximumLength.clientSecret}
        value={secret}
        error={isEmpty ? "Enter a secret" : undefined}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        onChange={(event) => setSecret(event.currentTarget.value)}
        data-autofocus
      />
    </Form>
  );
}

function newSecret(): string {
  return randomSecret((bytes) => {
    crypto.getRandomValues(bytes);
  });
}
