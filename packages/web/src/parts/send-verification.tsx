import { Button, Stack, Text } from "@mantine/core";
import { IconMailForward } from "@tabler/icons-react";
import { api } from "../api/client.ts";
import { useChange } from "../api/use-change.ts";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Name } from "../ui/name.tsx";

/** Has the link mailed that proves the address, as often as somebody needs it. */
export function SendVerification({ email }: { readonly email: string | undefined }) {
  const send = useChange(() => api.users.send_verification(), { done: null, stale: [] });
  return (
    <Stack gap="xs" align="flex-start">
      <Button
        size="xs"
        variant="default"
        leftSection={<IconMailForward size={15} aria-hidden />}
        loading={send.isPending}
        onClick={() => send.mutate()}
      >
        {send.isSuccess ? "Send again" : "Send the link"}
      </Button>
      <Text size="sm" component="div" role="status">
        {send.isSuccess && (
          <>
            A mail is on its way to <Name>{email}</Name>. The link in it works once, for an hour.
          </>
        )}
      </Text>
      <FailureNotice error={send.error} />
    </Stack>
  );
}
