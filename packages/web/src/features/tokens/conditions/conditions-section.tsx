import { Box, Paper, Text, Title, UnstyledButton } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useId, useState } from "react";
import { conditionSentences } from "../../../words/condition-text.ts";
import {
  type ConditionDraft,
  type ConditionProblems,
  conditionsOf,
  problemsOf,
} from "./condition-draft.ts";
import { ConditionFields } from "./condition-fields.tsx";
import classes from "./conditions.module.css";

interface ConditionsSectionProps {
  readonly draft: ConditionDraft;
  /** What is said by now; not empty: the fields show. */
  readonly problems: ConditionProblems;
  readonly onChange: (draft: ConditionDraft) => void;
}

/** Of a token that is not made yet: folded, as most need none. */
export function ConditionsSection({ draft, problems, onChange }: ConditionsSectionProps) {
  const [isOpened, setIsOpened] = useState(false);
  const fieldsId = useId();
  const isOpen = isOpened || Object.keys(problems).length > 0;
  return (
    <Paper withBorder p={{ base: "md", sm: "xl" }}>
      <Title order={2}>
        <UnstyledButton
          className={classes.fold ?? ""}
          aria-expanded={isOpen}
          aria-controls={fieldsId}
          fz="inherit"
          fw="inherit"
          onClick={() => setIsOpened(!isOpen)}
        >
          Only from · only when · only so often
          <IconChevronDown size={18} aria-hidden />
        </UnstyledButton>
      </Title>
      {!isOpen && (
        <Text size="sm" c="dimmed" mt={4}>
          {summaryOf(draft)}
        </Text>
      )}
      <Box id={fieldsId} mt="lg" hidden={!isOpen}>
        {isOpen && <ConditionFields draft={draft} problems={problems} onChange={onChange} />}
      </Box>
    </Paper>
  );
}

function summaryOf(draft: ConditionDraft): string {
  if (draft.on.length === 0) return "It works from everywhere, at all times, as often as wanted.";
  if (Object.keys(problemsOf(draft)).length > 0) return "Not all of it is filled in yet.";
  const { from, when, often } = conditionSentences(conditionsOf(draft));
  return [...from, ...when, ...often].join(" ");
}
