import { Box, Group, Title } from "@mantine/core";
import { CopyButton } from "../../ui/copy-button.tsx";
import { NewSecret } from "../../ui/new-secret.tsx";
import classes from "./token-page.module.css";

interface SecretPanelProps {
  readonly secret: string;
  readonly curl: string;
  readonly onCopied: () => void;
}

/** The secret, this once, and how to use it. */
export function SecretPanel({ secret, curl, onCopied }: SecretPanelProps) {
  return (
    <NewSecret
      label="New token"
      secret={secret}
      what="the token"
      testId="secret"
      onCopied={onCopied}
      below={<CurlExample text={curl} />}
    >
      Make sure to copy your personal access token now as you will not be able to see this again.
    </NewSecret>
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
