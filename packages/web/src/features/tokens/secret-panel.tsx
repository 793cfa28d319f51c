import { Box, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { CopyButton } from "../../ui/copy-button.tsx";
import secretClasses from "../../ui/secret.module.css";
import classes from "./token-page.module.css";

interface SecretPanelProps {
  readonly secret: string;
  readonly curl: string;
  readonly onCopied: () => void;
}

/** The secret, this once, and how to use it. */
export function SecretPanel({ secret, curl, onCopied }: SecretPanelProps) {
  return (
    <Paper
      withBorder
      p={{ base: "md", sm: "lg" }}
      className={secretClasses.panel ?? ""}
      role="region"
      aria-label="New token"
    >
      <Stack gap="md">
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <IconKey size={20} aria-hidden className={classes.secretIcon} />
          <Text fw={600}>
            Make sure to copy your personal access token now as you will not be able to see this
            again.
          </Text>
        </Group>
        <div className={secretClasses.secret}>
          <code data-testid="secret">{secret}</code>
          <CopyButton text={secret} what="the token" isLarge onCopied={onCopied} />
        </div>
        <CurlExample text={curl} />
      </Stack>
    </Paper>
  );
}

/** A call to paste into a shell. */
export function CurlExample({ text }: { text: string }) {
  return (
    <Box>
      <Group justify="space-between" mb={4}>
        <Title order={2} size="h3">
          Try it
        </Title>
        <CopyButton text={text} what="the call" />
      </Group>
      <pre className={classes.curl}>{text}</pre>
    </Box>
  );
}
