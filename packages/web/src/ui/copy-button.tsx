import { ActionIcon, Button, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { copyText } from "./copy-text.ts";

type Outcome = "idle" | "copied" | "failed";

const shownForMs = 2500;

interface CopyButtonProps {
  readonly text: string;
  /** What is copied, for the button's name: `Copy <what>`. */
  readonly what: string;
  /** A button with words instead of an icon. */
  readonly isLarge?: boolean;
  readonly onCopied?: () => void;
}

/** Copies, and says whether it worked. */
export function CopyButton({ text, what, isLarge = false, onCopied }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<Outcome>("idle");
  useEffect(() => {
    if (outcome === "idle") return;
    const timer = setTimeout(() => setOutcome("idle"), shownForMs);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = async () => {
    const isCopied = await copyText(text);
    setOutcome(isCopied ? "copied" : "failed");
    if (isCopied) onCopied?.();
  };
  const label = { idle: `Copy ${what}`, copied: "Copied", failed: "Select it and press Ctrl+C" }[
    outcome
  ];
  const Icon = { idle: IconCopy, copied: IconCheck, failed: IconAlertTriangle }[outcome];
  const color = { idle: undefined, copied: undefined, failed: "brick" }[outcome];

  return (
    <>
      {isLarge ? (
        <Button
          leftSection={<Icon size={16} aria-hidden />}
          onClick={() => void copy()}
          {...(color === undefined ? {} : { color })}
        >
          {outcome === "idle" ? "Copy" : label}
        </Button>
      ) : (
        <Tooltip label={label}>
          <ActionIcon
            variant="subtle"
            color={color ?? "gray"}
            aria-label={`Copy ${what}`}
            onClick={(event) => {
              event.stopPropagation();
              void copy();
            }}
          >
            <Icon size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
      <VisuallyHidden role="status">{outcome === "idle" ? "" : label}</VisuallyHidden>
    </>
  );
}
