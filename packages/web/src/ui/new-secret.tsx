import { Paper, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type ReactNode, useEffect, useRef } from "react";
import { CopyButton } from "./copy-button.tsx";
import classes from "./secret.module.css";

interface NewSecretProps {
  /** What it is: `New token`. */
  readonly label: string;
  readonly children: ReactNode;
  readonly secret: string;
  /** What is copied: `the token`. */
  readonly what: string;
  readonly onCopied: () => void;
  /** Tells the secrets of different things apart in tests. */
  readonly testId: string;
  /** What helps to use it. */
  readonly below?: ReactNode;
}

/** Within this time the dialog in which it was asked for gives the focus back to where it was. */
const dialogClosesMs = 500;

/** A secret that is shown this once: in view, with the focus, read aloud, and nothing lies over it. */
export function NewSecret({ label, children, secret, what, onCopied, ...props }: NewSecretProps) {
  const place = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another secret in the same place is as new.
  useEffect(() => {
    const show = () => {
      const panel = place.current;
      if (panel === null) return;
      panel.focus({ preventScroll: true });
      const fromTop = panel.getBoundingClientRect().top + window.scrollY;
      // Where it fits below it, what the page is about stays in view too.
      if (fromTop < window.innerHeight / 2) window.scrollTo(0, 0);
      else panel.scrollIntoView({ block: "start" });
    };
    notifications.clean();
    show();
    const timer = setTimeout(() => {
      if (place.current?.contains(document.activeElement) === false) show();
    }, dialogClosesMs);
    return () => clearTimeout(timer);
  }, [secret]);
  return (
    <Paper
      ref={place}
      withBorder
      data-secret
      p={{ base: "md", sm: "lg" }}
      className={classes.panel ?? ""}
      role="region"
      aria-label={label}
      tabIndex={-1}
    >
      <Stack gap="md">
        <Text fw={600} role="alert">
          {children}
        </Text>
        <div className={classes.secret}>
          <code data-testid={props.testId}>{secret}</code>
          <CopyButton text={secret} what={what} isLarge onCopied={onCopied} />
        </div>
        {props.below}
      </Stack>
    </Paper>
  );
}
