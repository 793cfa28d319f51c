import { Button, Code, Group, Text } from "@mantine/core";
import { useState } from "react";
import { CopyButton } from "../ui/copy-button.tsx";
import { Field } from "../ui/fields.tsx";
import { lazyPart } from "../ui/lazy-part.tsx";
import { Name } from "../ui/name.tsx";
import type { OwnFieldsProps } from "./entity-type-row.ts";

// Loaded when a client is looked at: every page begins with the rows of all types.
export const NewClientSecret = lazyPart(
  async () => (await import("./client-secret.tsx")).NewClientSecret,
);
const UpdateSecretDialog = lazyPart(
  async () => (await import("./client-secret.tsx")).UpdateSecretDialog,
);

/** The secret of a client, which is not shown, and the name by which it signs in. */
export function ClientFields({ entity, rights }: OwnFieldsProps) {
  const [isUpdatingSecret, setIsUpdatingSecret] = useState(false);
  const identity = entity.credentials?.identity ?? "";
  return (
    <>
      <Field
        label="Secret"
        actions={
          rights.may("update_secret") &&
          entity.status === "enabled" && (
            <Button variant="default" size="xs" onClick={() => setIsUpdatingSecret(true)}>
              Update secret
            </Button>
          )
        }
      >
        <Text size="sm" c="dimmed">
          Kept as a digest; shown only when it is made
        </Text>
      </Field>
      {identity !== "" && (
        <Field label="Identity">
          <Group gap={4}>
            <Code>
              <Name>{identity}</Name>
            </Code>
            <CopyButton text={identity} what="identity" />
          </Group>
        </Field>
      )}
      <UpdateSecretDialog
        client={entity}
        isOpen={isUpdatingSecret}
        onClose={() => setIsUpdatingSecret(false)}
      />
    </>
  );
}
