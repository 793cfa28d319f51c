import { Button, Group, Stack, Text } from "@mantine/core";
import { readWireTime } from "@tessera/sdk";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { useChange } from "../../api/use-change.ts";
import type { ListedUser } from "../../api/users.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Form } from "../../ui/form.tsx";
import { Name } from "../../ui/name.tsx";
import { NewSecret } from "../../ui/new-secret.tsx";
import { dateTimeText } from "../../words/time-text.ts";

interface ResetLinkDialogProps {
  /** Absent before it is opened for the first time. */
  readonly user: ListedUser | undefined;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Makes a link by which somebody chooses a new password, and shows it once. */
export function ResetLinkDialog({ user, isOpen, onClose }: ResetLinkDialogProps) {
  const [isCopied, setIsCopied] = useState(false);
  const make = useChange((userId: string) => api.users.make_reset_link({ userId }), {
    done: null,
    stale: [],
  });
  const close = () => {
    make.reset();
    setIsCopied(false);
    onClose();
  };
  const isUncopied = make.data !== undefined && !isCopied;
  return (
    <Dialog
      isOpen={isOpen}
      onClose={close}
      title="Reset link"
      size="lg"
      loss={isUncopied ? "The link is shown only this once; you can make another." : undefined}
    >
      {make.data === undefined ? (
        <Form
          change={make}
          verb="Make the link"
          isVerbFocused
          onClose={close}
          onSubmit={() => user !== undefined && make.mutate(user.id)}
        >
          <Text size="sm" component="div">
            <strong>
              <Name>{user?.credentials?.username}</Name>
            </strong>{" "}
            (<Name>{user?.email}</Name>) chooses a new password with it, without the old one. It
            works once, and for an hour. Whoever has it gets the account: give it to this person
            alone, in a way that nobody else can read.
          </Text>
        </Form>
      ) : (
        <Stack>
          <NewSecret
            label="Reset link"
            secret={wholeLink(make.data.link)}
            what="the link"
            testId="reset-link"
            onCopied={() => setIsCopied(true)}
          >
            Copy the link now: it is shown only this once.
          </NewSecret>
          <Text size="sm">
            It works until {dateTimeText(readWireTime(make.data.expires_at) ?? 0)}, or until a
            password is chosen.
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Done
            </Button>
          </Group>
        </Stack>
      )}
    </Dialog>
  );
}

/** A server that does not know its own address leaves out the host. */
function wholeLink(link: string): string {
  return link.startsWith("/") ? window.location.origin + link : link;
}
