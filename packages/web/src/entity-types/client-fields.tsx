import { Button, Code, Group, Text, TextInput } from "@mantine/core";
import { maximumLength } from "@tessera/sdk";
import { useState } from "react";
import { CopyButton } from "../ui/copy-button.tsx";
import { Field } from "../ui/fields.tsx";
import { lazyDialog } from "../ui/lazy-part.tsx";
import { Name } from "../ui/name.tsx";
import type { OwnFieldsProps, OwnFormFieldsProps } from "./entity-type-row.ts";

const UpdateSecretDialog = lazyDialog(
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

export function ClientFormFields({ inputProps }: OwnFormFieldsProps) {
  return (
    <>
      <TextInput
        label="Key"
        description="The client's secret. Leave it empty, and a strong one is made for you"
        placeholder="Enter key"
        maxLength={maximumLength.clientSecret}
        autoComplete="off"
        {...inputProps("secret")}
      />
      <TextInput
        label="Identity"
        description="A name by which the client signs in, if it needs one beside its ID"
        placeholder="Enter identity"
        maxLength={maximumLength.clientIdentity}
        autoComplete="off"
        {...inputProps("identity")}
      />
    </>
  );
}
