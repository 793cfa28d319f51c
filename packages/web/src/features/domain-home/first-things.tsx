import { Button, Group, Text, TextInput } from "@mantine/core";
import { maximumLength } from "@tessera/sdk";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { entityCalls, entityTypes } from "../../api/entities.ts";
import { useRights } from "../../api/rights.ts";
import { staleEntities } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { Name } from "../../ui/name.tsx";

interface CreateFirstProps {
  readonly domainId: string;
  readonly type: "clients" | "channels";
  /** A name to begin with. */
  readonly suggestion: string;
}

/** Creates the first one of a type, by its name alone. */
export function CreateFirst({ domainId, type, suggestion }: CreateFirstProps) {
  const [name, setName] = useState(suggestion);
  const whyNot = useRights("domains", domainId, domainId).whyNot(`create_${type}`);
  const { singular } = entityTypes[type];
  const create = useChange(
    () => entityCalls[type].create({ domainId, body: { name: name.trim() } }),
    { done: `The ${singular} is created`, stale: staleEntities(domainId) },
  );
  if (whyNot !== undefined) return <NotAllowed />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== "" && !create.isPending) create.mutate();
      }}
    >
      <Group mt="xs" gap="sm">
        <TextInput
          aria-label={`Name of the ${singular}`}
          maxLength={maximumLength.name}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          flex="1 1 200px"
          maw={320}
        />
        <Button type="submit" loading={create.isPending} disabled={name.trim() === ""}>
          Create {singular}
        </Button>
      </Group>
      <FailureNotice error={create.error} />
    </form>
  );
}

interface Named {
  readonly id: string;
  readonly name: string;
}

interface ConnectFirstProps {
  readonly domainId: string;
  readonly client: Named;
  readonly channel: Named;
}

/** Connects the first client with the first channel. */
export function ConnectFirst({ domainId, client, channel }: ConnectFirstProps) {
  const connect = useChange(
    () =>
      api.channels.connect({
        domainId,
        id: channel.id,
        body: { client_ids: [client.id], types: ["publish", "subscribe"] },
      }),
    { done: "They are connected", stale: staleEntities(domainId) },
  );
  return (
    <>
      <Group mt="xs" gap="sm">
        <Text size="sm">
          <Name>{client.name || client.id}</Name> → <Name>{channel.name || channel.id}</Name>
        </Text>
        <Button loading={connect.isPending} onClick={() => connect.mutate()}>
          Connect them
        </Button>
      </Group>
      <FailureNotice error={connect.error} />
    </>
  );
}

function NotAllowed() {
  return (
    <Text size="sm" mt="xs">
      Your role in this domain does not let you create one. Ask an administrator of the domain.
    </Text>
  );
}
