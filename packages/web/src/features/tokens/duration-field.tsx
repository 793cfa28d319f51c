import { Box, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { instanceQuery } from "../../api/instance.ts";
import { Picker } from "../../ui/picker.tsx";
import { useListed } from "../../ui/use-listed.ts";
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
  readonly label?: string;
  /** What it is the lifetime of, at the beginning of a sentence. */
  readonly subject?: string;
  readonly choice: DurationChoice;
  readonly error: string | undefined;
  readonly onChange: (choice: DurationChoice) => void;
}

/** How long a token is valid, and when that is over. */
export function DurationField({
  label = "Duration",
  subject = "The token",
  choice,
  error,
  onChange,
}: DurationFieldProps) {
  const { data: instance } = useQuery(instanceQuery);
  const now = useNow(5000);
  const maxLifetimeSeconds = instance?.max_token_lifetime_seconds ?? 0;
  const offered = durationChoices(maxLifetimeSeconds);
  const isOffered = offered.some(({ value }) => value === choice.value);
  const choices = isOffered
    ? offered
    : [{ value: choice.value, label: visibleText(choice.value) }, ...offered];
  const expiresAt = expiryOf(choice, now);
  const isCustom = choice.value === customDuration;

  return (
    <Stack gap="xs">
      <Picker
        {...useListed(choices, "Choose a custom date and time for any other")}
        label={label}
        isRequired
        placeholder="Select a duration"
        maxWidth={320}
        isMany={false}
        chosen={choices.filter(({ value }) => value === choice.value)}
        onChoose={([chosen]) =>
          chosen !== undefined && onChange({ value: chosen.value, until: choice.until })
        }
        error={isCustom ? undefined : error}
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
          {subject} will expire on{" "}
          <Box component="strong" fw={500} c="var(--mantine-color-text)">
            {dateTimeText(expiresAt)}
          </Box>
        </Text>
      )}
    </Stack>
  );
}
