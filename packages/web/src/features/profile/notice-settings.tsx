import { Alert, List, Paper, Stack, Switch, Text, Title } from "@mantine/core";
import { IconMailOff } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { noticeKinds, type ReplyTo } from "@tessera/sdk";
import { api } from "../../api/client.ts";
import { noticeSettingsQuery } from "../../api/notices.ts";
import { useChange } from "../../api/use-change.ts";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { Name } from "../../ui/name.tsx";
import { CalendarFeed } from "./calendar-feed.tsx";

type Settings = ReplyTo<"notices.settings">;
type ChosenKind = keyof Settings["by_mail"];

/** What of the notices comes by mail, and the address for a calendar program. */
export function NoticeSettings() {
  const settings = useQuery(noticeSettingsQuery);
  return (
    <Stack gap="lg" maw={760}>
      {settings.isPending && <LoadingRows />}
      <FailureNotice error={settings.error} onRetry={() => void settings.refetch()} />
      {settings.data !== undefined && <ByMail settings={settings.data} />}
      <CalendarFeed />
    </Stack>
  );
}

function ByMail({ settings }: { settings: Settings }) {
  const queryClient = useQueryClient();
  const change = useChange(
    (by_mail: Partial<Settings["by_mail"]>) => api.notices.update_settings({ body: { by_mail } }),
    {
      done: "Saved",
      stale: [],
      onDone: (saved) => queryClient.setQueryData(noticeSettingsQuery.queryKey, saved),
    },
  );
  const kinds = Object.keys(settings.by_mail) as ChosenKind[];
  return (
    <Paper withBorder p={{ base: "md", sm: "xl" }} component="section" aria-label="By mail">
      <Stack gap="md">
        <Title order={2}>By mail</Title>
        {settings.sends_mail ? (
          <Text size="sm">
            All notices are behind the bell. These come by mail too, to{" "}
            <strong>
              <Name>{settings.email}</Name>
            </strong>
            :
          </Text>
        ) : (
          <Alert color="ochre" icon={<IconMailOff aria-hidden />} title="This server sends no mail">
            You find notices behind the bell only. What you choose here counts once the server can
            send mail.
          </Alert>
        )}
        {kinds.map((kind) => (
          <Switch
            key={kind}
            label={noticeKinds[kind].title}
            checked={
              change.isPending
                ? (change.variables[kind] ?? settings.by_mail[kind])
                : settings.by_mail[kind]
            }
            onChange={({ currentTarget }) => change.mutate({ [kind]: currentTarget.checked })}
          />
        ))}
        <FailureNotice error={change.error} />
        <div>
          <Text size="sm" c="dimmed" mb={4}>
            Always by mail, so that nobody who gets into your account can keep it from you:
          </Text>
          <List size="sm" c="dimmed">
            {settings.always_by_mail.map((kind) => (
              <List.Item key={kind}>{noticeKinds[kind].title}</List.Item>
            ))}
          </List>
        </div>
      </Stack>
    </Paper>
  );
}
