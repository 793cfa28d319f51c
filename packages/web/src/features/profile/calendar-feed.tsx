import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { readWireTime } from "@tessera/sdk";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { calendarFeedQuery } from "../../api/notices.ts";
import { useChange } from "../../api/use-change.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { NewSecret } from "../../ui/new-secret.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";

/** The address by which a calendar program shows when tokens end: made, shown once, made anew, removed. */
export function CalendarFeed() {
  const feed = useQuery(calendarFeedQuery);
  const queryClient = useQueryClient();
  const [asked, setAsked] = useState<"reset" | "remove">();
  const make = useChange(() => api.calendar.make_feed(), {
    done: null,
    stale: [],
    onDone: ({ exists, created_at, last_read_at }) => {
      setAsked(undefined);
      queryClient.setQueryData(calendarFeedQuery.queryKey, { exists, created_at, last_read_at });
    },
  });
  const remove = useChange(() => api.calendar.remove_feed(), {
    done: "The calendar feed is removed",
    stale: [calendarFeedQuery.queryKey],
    onDone: () => {
      make.reset();
      setAsked(undefined);
    },
  });
  return (
    <Paper withBorder p={{ base: "md", sm: "xl" }} component="section" aria-label="Calendar">
      <Stack gap="md">
        <Title order={2}>Calendar</Title>
        <Text size="sm">
          A calendar program that has this address shows when your tokens end. Whoever has the
          address can read their names and when they end, and do nothing else.
        </Text>
        <FailureNotice error={feed.error} onRetry={() => void feed.refetch()} />
        {make.data !== undefined && (
          <NewSecret
            label="Calendar address"
            secret={wholeAddress(make.data.address)}
            what="the address"
            testId="calendar-address"
            onCopied={() => undefined}
          >
            Copy the address now: it is shown only this once.
          </NewSecret>
        )}
        {feed.data?.exists === true && (
          <Text size="sm" c="dimmed" component="div">
            Made <RelativeTime at={readWireTime(feed.data.created_at)} never="" />, last read{" "}
            <RelativeTime at={readWireTime(feed.data.last_read_at)} never="never" />
          </Text>
        )}
        <FailureNotice error={asked === undefined ? make.error : null} />
        {feed.data !== undefined && (
          <Group gap="sm">
            {feed.data.exists ? (
              <>
                <Button variant="default" onClick={() => setAsked("reset")}>
                  New address
                </Button>
                <Button variant="outline" color="brick" onClick={() => setAsked("remove")}>
                  Remove
                </Button>
              </>
            ) : (
              <Button loading={make.isPending} onClick={() => make.mutate()}>
                Make an address
              </Button>
            )}
          </Group>
        )}
      </Stack>
      <ConfirmDialog
        isOpen={asked === "reset"}
        title="Make a new address?"
        verb="Make a new address"
        isPending={make.isPending}
        error={make.error}
        onConfirm={() => make.mutate()}
        onClose={() => setAsked(undefined)}
      >
        The address before stops working at once: every calendar program needs the new one.
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={asked === "remove"}
        title="Remove the calendar feed?"
        verb="Remove"
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onClose={() => setAsked(undefined)}
      >
        Its address stops working at once, in every calendar program that has it.
      </ConfirmDialog>
    </Paper>
  );
}

/** A server that does not know its own address leaves out the host. */
function wholeAddress(address: string): string {
  return address.startsWith("/") ? window.location.origin + address : address;
}
