import { Box, Group, Title } from "@mantine/core";
import { CopyButton } from "../../ui/copy-button.tsx";
import { NewSecret } from "../../ui/new-secret.tsx";
import classes from "./token-page.module.css";

interface SecretPanelProps {
  readonly secret: string;
  readonly calls: Calls;
  readonly onCopied: () => void;
}

/** The secret, this once, and how to use it. */
export function SecretPanel({ secret, calls, onCopied }: SecretPanelProps) {
  return (
    <NewSecret
      label="New token"
      secret={secret}
      what="the token"
      testId="secret"
      onCopied={onCopied}
      below={<CurlExample calls={calls} />}
    >
      Make sure to copy your personal access token now as you will not be able to see this again.
    </NewSecret>
  );
}

/** To paste into a shell. */
export interface Calls {
  /** One that changes nothing, if the token may do such a thing. */
  readonly call: string;
  /** One that changes something, beside it. */
  readonly change: string | undefined;
}

/** Calls to paste into a shell. */
export function CurlExample({ calls: { call, change } }: { readonly calls: Calls }) {
  return (
    <Box>
      <Group justify="space-between" mb={4}>
        <Title order={2} size="h3">
          Try it
        </Title>
        <CopyButton text={call} what="the call" />
      </Group>
      <pre className={classes.curl}>{call}</pre>
      {change !== undefined && (
        <>
          <Group justify="space-between" mt="sm" mb={4}>
            <Title order={3}>Or change something</Title>
            <CopyButton text={change} what="the change" />
          </Group>
          <pre className={classes.curl}>{change}</pre>
        </>
      )}
    </Box>
  );
}
