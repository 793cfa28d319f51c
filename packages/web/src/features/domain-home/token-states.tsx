import { Group, Progress, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { tokenStatesQuery } from "../../api/tokens.ts";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { counted } from "../../words/counted.ts";

const colors = { active: "verdigris", expired: "ochre.5", revoked: "brick" } as const;

/** How many of the person's tokens for the domain are in which state. */
export function TokenStates({ domainId }: { readonly domainId: string }) {
  const counts = useQuery(tokenStatesQuery(domainId));
  const all = counts.data?.reduce((sum, { total }) => sum + total, 0) ?? 0;
  if (counts.error !== null) return <FailureNotice error={counts.error} />;
  if (counts.data !== undefined && all === 0) {
    return (
      <Text size="sm" c="dimmed">
        You have none yet.{" "}
        <LinkAnchor to="/pats/new" search={{ domain: domainId }} inherit underline="always">
          Create your first token
        </LinkAnchor>
      </Text>
    );
  }
  return (
    <Stack gap="md">
      <Progress.Root size={10} aria-hidden="true">
        {counts.data?.map(({ status, total }) => (
          <Progress.Section
            key={status}
            color={colors[status]}
            value={(100 * total) / Math.max(1, all)}
          />
        ))}
      </Progress.Root>
      <Stack gap="sm">
        {counts.data?.map(({ status, total }) => (
          <Group key={status} justify="space-between">
            <StatusBadge status={status} />
            <Text size="sm" fw={550}>
              {counted(total, "token")}
            </Text>
          </Group>
        ))}
      </Stack>
      <LinkAnchor to="/pats" size="sm">
        All your tokens
      </LinkAnchor>
    </Stack>
  );
}
