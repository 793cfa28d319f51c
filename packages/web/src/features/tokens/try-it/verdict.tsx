import { Alert, Button, Group, Text } from "@mantine/core";
import { IconCheck, IconCircleCheck, IconCircleX, IconPlus, IconX } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { TokenAnswer } from "../../../api/token-conditions.ts";
import type { Token } from "../../../api/tokens.ts";
import { lazyDialog } from "../../../ui/lazy-part.tsx";
import { adviceFor, explainedSteps, stepTitle } from "./explained-steps.ts";
import classes from "./try-it.module.css";

const AddScopeDialog = lazyDialog(
  async () => (await import("../add-scope-dialog.tsx")).AddScopeDialog,
);

interface VerdictProps {
  readonly token: Token;
  readonly answer: TokenAnswer;
}

/** Yes or no, what was looked at on the way there, and what helps. */
export function Verdict({ token, answer }: VerdictProps) {
  const [isOpen, setIsOpen] = useState(false);
  const answered = useRef<HTMLDivElement>(null);
  useEffect(() => {
    answered.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const steps = explainedSteps(token, answer);
  const failed = steps.find(({ passed }) => !passed);
  const isAllowed = failed === undefined;
  return (
    <Alert
      ref={answered}
      role="presentation"
      color={isAllowed ? "verdigris" : "brick"}
      icon={isAllowed ? <IconCircleCheck aria-hidden /> : <IconCircleX aria-hidden />}
      title={isAllowed ? "Yes, it may do this" : "No, it may not do this"}
    >
      <ol className={classes.steps} aria-label="What was checked">
        {steps.map(({ step, passed, text }) => (
          <li key={step} className={classes.step} data-passed={passed}>
            {passed ? (
              <IconCheck size={16} role="img" aria-label="passed" />
            ) : (
              <IconX size={16} role="img" aria-label="failed" />
            )}
            <span>
              <strong>{stepTitle(step)}</strong> {text}
            </span>
          </li>
        ))}
      </ol>
      {failed !== undefined && (
        <Group mt="sm" gap="sm" justify="space-between">
          <Text size="sm" flex="1 1 260px">
            {adviceFor(failed.step)}
          </Text>
          {failed.step === "scope" && answer.missing_scope !== undefined && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPlus size={14} aria-hidden />}
              onClick={() => setIsOpen(true)}
            >
              Add this scope
            </Button>
          )}
        </Group>
      )}
      <AddScopeDialog
        token={token}
        scope={answer.missing_scope}
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
      />
    </Alert>
  );
}
