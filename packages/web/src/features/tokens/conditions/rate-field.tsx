import { Group, Text, TextInput } from "@mantine/core";
import { Picker } from "../../../ui/picker.tsx";
import { useListed } from "../../../ui/use-listed.ts";
import { perText } from "../../../words/condition-text.ts";
import type { ConditionDraft, ConditionProblems } from "./condition-draft.ts";

const offered = ["1s", "1m", "1h", "24h"];

interface RateFieldProps {
  readonly draft: ConditionDraft;
  readonly problems: ConditionProblems;
  readonly onChange: (part: Partial<ConditionDraft>) => void;
}

/** How often in which time; each server counts for itself. */
export function RateField({ draft, problems, onChange }: RateFieldProps) {
  const { rateLimit, ratePer } = draft;
  const known = offered.includes(ratePer) ? offered : [ratePer, ...offered];
  const choices = known.map((per) => ({ value: per, label: perText(per) }));
  const listed = useListed(choices, "Choose one of these");
  return (
    <>
      <Group gap="sm" align="flex-start">
        <TextInput
          label="Maximum uses"
          withAsterisk
          w={140}
          inputMode="numeric"
          placeholder="600"
          value={rateLimit}
          error={problems["rate.limit"]}
          onChange={(event) => onChange({ rateLimit: event.currentTarget.value })}
        />
        <Picker
          {...listed}
          label="Per"
          isRequired
          placeholder="Select a time"
          maxWidth={160}
          isMany={false}
          chosen={choices.filter(({ value }) => value === ratePer)}
          error={problems["rate.per"]}
          onChoose={([chosen]) => chosen !== undefined && onChange({ ratePer: chosen.value })}
        />
      </Group>
      <Text size="xs" c="dimmed">
        All of them may come at once; the limit then refills over this time. Each server counts
        separately.
      </Text>
    </>
  );
}
