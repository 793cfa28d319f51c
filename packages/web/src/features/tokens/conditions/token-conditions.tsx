import { Button, Group, Text, Title } from "@mantine/core";
import { useState } from "react";
import type { Token } from "../../../api/tokens.ts";
import { Field, Fields } from "../../../ui/fields.tsx";
import { lazyDialog } from "../../../ui/lazy-part.tsx";
import { conditionSentences } from "../../../words/condition-text.ts";

const ConditionsDialog = lazyDialog(
  async () => (await import("./conditions-dialog.tsx")).ConditionsDialog,
);

/** Where, when and how often a token works, in a sentence each, and the way to change that. */
export function TokenConditions({ token }: { readonly token: Token }) {
  const [isOpen, setIsOpen] = useState(false);
  const { from, when, often } = conditionSentences(token.conditions, token.uses_reserved);
  const lines = [
    { label: "From where", sentences: from },
    { label: "When", sentences: when },
    { label: "How often", sentences: often },
  ].filter(({ sentences }) => sentences.length > 0);
  return (
    <section aria-labelledby="conditions-title">
      <Group justify="space-between" mb="md">
        <Title order={2} id="conditions-title">
          Conditions
        </Title>
        <Button variant="default" aria-label="Edit conditions" onClick={() => setIsOpen(true)}>
          Edit
        </Button>
      </Group>
      {lines.length === 0 ? (
        <Text size="sm" c="dimmed">
          It works from everywhere, at all times, as often as wanted.
        </Text>
      ) : (
        <Fields>
          {lines.map(({ label, sentences }) => (
            <Field key={label} label={label}>
              {sentences.map((sentence) => (
                <Text key={sentence} size="sm" style={{ overflowWrap: "anywhere" }}>
                  {sentence}
                </Text>
              ))}
            </Field>
          ))}
        </Fields>
      )}
      <ConditionsDialog token={token} isOpen={isOpen} onClose={() => setIsOpen(false)} />
    </section>
  );
}
