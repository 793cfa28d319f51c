import { Badge, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { IconDeviceLaptop } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { readWireTime } from "@tessera/sdk";
import { api } from "../../api/client.ts";
import { type Session, sessionsQuery } from "../../api/sessions.ts";
import { useChange } from "../../api/use-change.ts";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { Name } from "../../ui/name.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { isolated } from "../../words/foreign-text.ts";
import { browserName } from "./browser-name.ts";
import classes from "./session-list.module.css";

/** Where the person is signed in, with an end to each. */
export function SessionList() {
  const sessions = useQuery(sessionsQuery);
  if (sessions.error !== null) {
    return <FailureNotice error={sessions.error} onRetry={() => void sessions.refetch()} />;
  }
  if (sessions.data === undefined) return <LoadingRows />;
  return (
    <Paper withBorder component="ul" className={classes.list ?? ""}>
      {sessions.data.map((session) => (
        <SessionLine key={session.id} session={session} />
      ))}
    </Paper>
  );
}

function SessionLine({ session }: { session: Session }) {
  const name = session.description || browserName(session.user_agent);
  const lastUsedAt = readWireTime(session.last_used_at);
  const end = useChange(() => api.sessions.revoke({ body: { token_id: session.id } }), {
    done: "The session has ended",
    stale: [sessionsQuery.queryKey],
  });
  return (
    <li>
      <Group justify="space-between" gap="md">
        <Group gap="md" wrap="nowrap" align="flex-start">
          <IconDeviceLaptop size={22} stroke={1.6} aria-hidden />
          <Stack gap={2}>
            <Group gap="xs">
              <Text size="sm" fw={550}>
                <Name>{name}</Name>
              </Text>
              {session.current && (
                <Badge variant="light" tt="none" miw="max-content">
                  This session
                </Badge>
              )}
            </Group>
            <Text size="xs" c="dimmed">
              {session.address || "unknown address"} · begun{" "}
              <RelativeTime at={readWireTime(session.created_at)} never="–" />
              {lastUsedAt !== null && (
                <>
                  {" "}
                  · renewed <RelativeTime at={lastUsedAt} never="" />
                </>
              )}
            </Text>
          </Stack>
        </Group>
        {!session.current && (
          <Button
            variant="default"
            size="xs"
            loading={end.isPending}
            onClick={() => end.mutate()}
            aria-label={`Sign out ${isolated(name)}`}
          >
            Sign out
          </Button>
        )}
      </Group>
      <FailureNotice error={end.error} />
    </li>
  );
}
