import { Group, Loader, Stack, Text } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { readWireTime } from "@tessera/sdk";
import { instanceQuery } from "../../api/instance.ts";
import type { Token } from "../../api/tokens.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { Name } from "../../ui/name.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import classes from "./first-steps.module.css";

interface FirstCallProps {
  readonly domainId: string;
  readonly clientId: string | undefined;
  readonly token: Token;
  /** Of a token that was made on this page just now. */
  readonly secret: string | undefined;
}

/** A call to paste into a shell, and whether a call has come. */
export function FirstCall({ domainId, clientId, token, secret }: FirstCallProps) {
  const { data: instance } = useQuery(instanceQuery);
  const isCalled = token.use_count > 0;
  const path = clientId === undefined ? `/domains/${domainId}` : `/${domainId}/clients/${clientId}`;
  const call = [
    "curl",
    `-H "Authorization: Bearer ${secret ?? "$TESSERA_TOKEN"}"`,
    `"${instance?.public_url || window.location.origin}${path}"`,
  ].join(" \\\n  ");
  return (
    <Stack gap="sm" mt="xs">
      {!isCalled && (
        <div>
          <Group justify="space-between" mb={4}>
            <Text size="sm">
              {secret === undefined ? (
                <>
                  Paste this into a shell where <code>TESSERA_TOKEN</code> holds the secret of{" "}
                  <Name>{token.name}</Name>:
                </>
              ) : (
                "Paste this into a shell now: the token in it is not shown again."
              )}
            </Text>
            <CopyButton text={call} what="the call" />
          </Group>
          <pre
            data-secret={secret === undefined ? undefined : true}
            className={classes.curl}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
            tabIndex={0}
            data-testid="first-call"
          >
            {call}
          </pre>
        </div>
      )}
      <Group gap="xs" role="status" wrap="nowrap" align="flex-start">
        {isCalled ? (
          <>
            <IconCircleCheck
              size={20}
              color="var(--mantine-primary-color-filled)"
              aria-hidden
              style={{ flex: "none" }}
            />
            <Text size="sm" component="div">
              <strong>It was called</strong>{" "}
              <RelativeTime at={readWireTime(token.last_used_at)} never="" />
              {token.last_used_address !== "" && <> from {token.last_used_address}</>}, with{" "}
              <LinkAnchor to="/pats/$tokenId" params={{ tokenId: token.id }} inherit>
                <Name>{token.name}</Name>
              </LinkAnchor>
              .
            </Text>
          </>
        ) : (
          <>
            <Loader size={16} aria-hidden />
            <Text size="sm" c="dimmed">
              Waiting for the first call
            </Text>
          </>
        )}
      </Group>
    </Stack>
  );
}
