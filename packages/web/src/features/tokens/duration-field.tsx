import { Box, Loader, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { instanceQuery } from "../../shared-queries.ts";
import { dateTimeText } from "../../ui/time-text.ts";
import { useNow } from "../../ui/use-now.ts";
import {
  customDuration,
  type DurationChoice,
  durationChoices,
  expiryOf,
} from "./duration-choices.ts";

// The calendar is heavy and few need it.
const MomentField = lazy(() =>
  import("./moment-field.tsx").then(({ MomentField }) => ({ default: MomentField })),
);

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
        data={isKnown ? choices : [{ value: choice.value, label: choice.value }, ...choices]}
        value={choice.value}
        onChange={(value) => value !== null && onChange({ value, until: choice.until })}
        error={!isCustom && error}
      />
      {isCustom && (
        <Suspense fallback={<Loader size="sm" />}>
          <MomentField
            until={choice.until}
            error={error}
            now={now}
            maxLifetimeSeconds={maxLifetimeSeconds}
            onChange={(until) => onChange({ value: customDuration, until })}
          />
        </Suspense>
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
