import { Badge, Code, Group, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { maximumLength, type ReplyTo, readWireTime } from "@tessera/sdk";
import { api } from "../../api/client.ts";
import { instanceQuery } from "../../api/instance.ts";
import { profileQuery } from "../../api/profile.ts";
import { useChange } from "../../api/use-change.ts";
import { SendVerification } from "../../parts/send-verification.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Field, Fields } from "../../ui/fields.tsx";
import { InlineEdit } from "../../ui/inline-edit.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";

type Person = ReplyTo<"users.profile">;

/** Who the person is, each part edited in its place. */
export function AccountFields({ person }: { person: Person }) {
  const queryClient = useQueryClient();
  const userId = person.id;
  const { mutateAsync: save } = useChange((change: () => Promise<Person>) => change(), {
    done: "Saved",
    stale: [],
    onDone: (changed) => queryClient.setQueryData(profileQuery.queryKey, { ...person, ...changed }),
  });
  return (
    <Fields>
      <Field label="First name">
        <InlineEdit
          label="First name"
          value={person.first_name ?? ""}
          placeholder="Enter first name"
          maxLength={maximumLength.name}
          isRequired
          onSave={(first_name) => save(() => api.users.update({ userId, body: { first_name } }))}
        />
      </Field>
      <Field label="Last name">
        <InlineEdit
          label="Last name"
          value={person.last_name ?? ""}
          placeholder="Enter last name"
          maxLength={maximumLength.name}
          isRequired
          onSave={(last_name) => save(() => api.users.update({ userId, body: { last_name } }))}
        />
      </Field>
      <Field label="Username">
        <InlineEdit
          label="Username"
          value={person.credentials?.username ?? ""}
          placeholder="Enter username"
          maxLength={maximumLength.username}
          isRequired
          onSave={(username) =>
            save(() => api.users.update_username({ userId, body: { username } }))
          }
        />
      </Field>
      <Field label="Email">
        <Stack gap="xs" align="flex-start">
          <InlineEdit
            label="Email"
            value={person.email ?? ""}
            placeholder="Enter email address"
            maxLength={maximumLength.email}
            isRequired
            onSave={(email) => save(() => api.users.update_email({ userId, body: { email } }))}
          />
          <Verification person={person} />
        </Stack>
      </Field>
      {person.password_is_initial === true && (
        <Field label="Password">
          <Text size="sm">
            Still the one that was printed when this server first started.{" "}
            <LinkAnchor to="/profile" search={{ tab: "password" }} inherit underline="always">
              Choose your own
            </LinkAnchor>
          </Text>
        </Field>
      )}
      <Field label="ID">
        <Group gap={4}>
          <Code>{person.id}</Code>
          <CopyButton text={person.id} what="ID" />
        </Group>
      </Field>
      <Field label="Member since">
        <RelativeTime at={readWireTime(person.created_at)} never="–" />
      </Field>
    </Fields>
  );
}

/** Whether mail to the address has reached the person, and what to do where not. */
function Verification({ person }: { person: Person }) {
  const { data: instance } = useQuery(instanceQuery);
  const provenAt = readWireTime(person.verified_at);
  if (provenAt !== null) {
    return (
      <Text size="sm" c="dimmed" component="div">
        Verified <RelativeTime at={provenAt} never="" />
      </Text>
    );
  }
  return (
    <>
      <Group gap="xs">
        <Badge variant="light" color="ochre" tt="none" fw={500}>
          not verified yet
        </Badge>
        {instance?.sends_mail === false && (
          <Text size="sm" c="dimmed">
            This server sends no mail, so addresses are not verified here.
          </Text>
        )}
      </Group>
      {instance?.sends_mail === true && <SendVerification email={person.email} />}
    </>
  );
}
