import { Alert, Box, Paper, Text, Title, UnstyledButton } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useId, useState } from "react";
import { type Conditions, conditionSentences } from "../../../words/condition-text.ts";
import {
  type ConditionDraft,
  conditionsOf,
  draftOf,
  localTimezone,
  problemsOf,
  refusedMember,
} from "./condition-draft.ts";
import { ConditionFields } from "./condition-fields.tsx";
import classes from "./conditions.module.css";

/** What was written here, for a form that is loaded before this. */
export interface WrittenConditions {
  /** Absent until something is. */
  readonly draft?: ConditionDraft;
  readonly conditions?: Conditions | undefined;
  readonly isComplete: boolean;
  /** What a link says that cannot be read, until something is changed. */
  readonly problems?: readonly string[];
}

interface ConditionsSectionProps {
  readonly written: WrittenConditions;
  readonly areProblemsShown: boolean;
  /** Why the token was not made. */
  readonly error: unknown;
  readonly onChange: (written: WrittenConditions) => void;
}

/** Of a token that is not made yet: folded, as most need none. */
export function ConditionsSection(props: ConditionsSectionProps) {
  const { written, areProblemsShown, error, onChange } = props;
  const draft = written.draft ?? draftOf(undefined, localTimezone());
  const problems = {
    ...refusedMember(error),
    ...(areProblemsShown || written.problems !== undefined ? problemsOf(draft) : {}),
  };
  // What a link has filled in is to be seen.
  const [isOpened, setIsOpened] = useState(written.draft !== undefined);
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
      {written.problems !== undefined && (
        <Alert color="brick" mt="md" title="A part of the link cannot be read">
          {written.problems.map((problem) => (
            <div key={problem}>{problem}</div>
          ))}
        </Alert>
      )}
      <Box id={fieldsId} mt="lg" hidden={!isOpen}>
        {isOpen && (
          <ConditionFields
            draft={draft}
            problems={problems}
            onChange={(changed) =>
              onChange({
                draft: changed,
                conditions: conditionsOf(changed),
                isComplete: Object.keys(problemsOf(changed)).length === 0,
              })
            }
          />
        )}
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
