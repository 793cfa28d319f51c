import { Box, Select, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { instanceQuery } from "../../api/instance.ts";
import { renderChoice } from "../../ui/choices.tsx";
import { useNow } from "../../ui/use-now.ts";
import {
  customDuration,
  type DurationChoice,
  durationChoices,
  expiryOf,
  localMinute,
} from "../../words/durations.ts";
import { visibleText } from "../../words/foreign-text.ts";
import { dateTimeText } from "../../words/time-text.ts";

interface DurationFieldProps {
  readonly choice: DurationChoice;
  readonly error: string | undefined;
  readonly onChange: (choice: DurationChoice) => void;
}

/** How long a token is valid, and when that is over. */
export function DurationField({ choice, error, onChange }: DurationFieldProps) {
  const { data: instance } = useQuery(instanceQuery);
  const now = useNow(5000);
  const maxLifetimeSeconds = instance?.max_token_lifetime_seconds ?? 0;
  const choices = durationChoices(maxLifetimeSeconds);
  const isKnown = choices.some(({ value }) => value === choice.value);
  const expiresAt = expiryOf(choice, now);
  const isCustom = choice.value === customDuration;

  return (
    <Stack gap="xs">
      <Select
        label="Duration"
        withAsterisk
        maw={320}
        allowDeselect={false}
        data={
          isKnown
            ? choices
            : [{ value: choice.value, label: visibleText(choice.value) }, ...choices]
        }
        renderOption={renderChoice}
        value={choice.value}
        onChange={(value) => value !== null && onChange({ value, until: choice.until })}
        error={!isCustom && error}
      />
      {isCustom && (
        <TextInput
          type="datetime-local"
          label="Expires on"
          withAsterisk
          maw={320}
          min={localMinute(now)}
          max={localMinute(now + maxLifetimeSeconds * 1000)}
          value={choice.until ?? ""}
          error={error}
          onChange={(event) => {
            const until = event.currentTarget.value;
            onChange({ value: customDuration, until: until === "" ? null : until });
          }}
        />
      )}
      {expiresAt !== undefined && expiresAt > now && (
        <Text size="sm" c="dimmed" component="div">
          The token will expire on{" "}
          <Box component="strong" fw={500} c="var(--mantine-color-text)">
            {dateTimeText(expiresAt)}
          </Box>
        </Text>
      )}
    </Stack>
  );
}
