import { Alert, Box, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { CopyButton } from "../../ui/copy-button.tsx";
import classes from "./token-page.module.css";

interface SecretPanelProps {
  readonly secret: string;
  readonly curl: string;
  readonly onCopied: () => void;
}

/** The secret, this once, and how to use it. */
export function SecretPanel({ secret, curl, onCopied }: SecretPanelProps) {
  return (
    <Alert
      color="verdigris"
      icon={<IconKey aria-hidden />}
      title="Make sure to copy your personal access token now as you will not be able to see this again"
      classNames={{ body: classes.secretBody }}
    >
      <Stack gap="md" mt="xs">
        <Paper withBorder p="sm" className={classes.secret}>
          <Text component="code" ff="monospace" size="sm" data-testid="secret">
            {secret}
          </Text>
          <CopyButton text={secret} what="the token" isLarge onCopied={onCopied} />
        </Paper>
        <CurlExample text={curl} />
      </Stack>
    </Alert>
  );
}

/** A call to paste into a shell. */
export function CurlExample({ text }: { text: string }) {
  return (
    <Box>
      <Group justify="space-between" mb={4}>
        <Title order={3}>Try it</Title>
        <CopyButton text={text} what="the call" />
      </Group>
      <pre className={classes.curl}>{text}</pre>
    </Box>
  );
}
