import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { sessionOwner } from "../../api/client.ts";
import { profileQuery } from "../../api/profile.ts";
import { Name } from "../../ui/name.tsx";
import { personName } from "../../words/person-name.ts";
import { overHiddenPage } from "./over-hidden-page.ts";

/** Stops a page whose browser has been signed in as somebody else: nothing is done or shown under another name. */
export function OtherPersonDialog({ isOpen }: { readonly isOpen: boolean }) {
  const queryClient = useQueryClient();
  const person = queryClient.getQueryData(profileQuery.queryKey);
  return (
    <Modal
      opened={isOpen}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title="This browser is signed in as somebody else now"
      {...overHiddenPage}
    >
      <Stack>
        <Text size="sm" component="div">
          This page belongs to{" "}
          <strong>
            <Name>{person === undefined ? "somebody else" : personName(person)}</Name>
          </strong>
          . Nothing more is done from it. It goes on by itself once they are signed in again, in
          another tab.
        </Text>
        <Group justify="flex-end">
          <Button data-autofocus onClick={() => sessionOwner.leave("/")}>
            Leave this page
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
