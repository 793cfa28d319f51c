import { Text } from "@mantine/core";
import { useState } from "react";
import { api } from "../../../api/client.ts";
import { staleEntities } from "../../../api/stale.ts";
import { useChange } from "../../../api/use-change.ts";
import { Form } from "../../../ui/form.tsx";
import { Name } from "../../../ui/name.tsx";
import { type ConnectionType, chosenTypes, connectionTypes } from "../connection-types.ts";
import { TypeChoice } from "../type-choice.tsx";
import type { GraphNode } from "./graph-of.ts";

/** A client and a channel, and in which ways they are connected. */
export interface Pair {
  readonly client: GraphNode;
  readonly channel: GraphNode;
  readonly present: readonly ConnectionType[];
}

interface PairFormProps extends Pair {
  readonly domainId: string;
  readonly onClose: () => void;
}

/** Connects a client with a channel, changes in which ways they are, or ends it. */
export function PairForm({ domainId, client, channel, present, onClose }: PairFormProps) {
  const [types, setTypes] = useState<string[]>([...present]);
  const chosen = chosenTypes(types);
  const added = chosen.filter((type) => !present.includes(type));
  const ended = present.filter((type) => !chosen.includes(type));
  const [verb, done] =
    present.length === 0
      ? ["Connect", "Connected"]
      : chosen.length === 0
        ? ["Disconnect", "Disconnected"]
        : ["Change", "Connection changed"];
  const change = useChange(
    async () => {
      const ids = { client_ids: [client.id], channel_ids: [channel.id] };
      if (added.length > 0) {
        await api.channels.connect_many({ domainId, body: { ...ids, types: added } });
      }
      if (ended.length > 0) {
        await api.channels.disconnect_many({ domainId, body: { ...ids, types: [...ended] } });
      }
    },
    { done, onDone: onClose, stale: staleEntities(domainId), isInParts: true },
  );
  return (
    <Form
      change={change}
      verb={verb}
      {...(verb === "Disconnect" ? { color: "brick" } : {})}
      isDisabled={added.length + ended.length === 0}
      onClose={onClose}
      onSubmit={() => change.mutate()}
    >
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        <strong>
          <Name>{client.name}</Name>
        </strong>{" "}
        with{" "}
        <strong>
          <Name>{channel.name}</Name>
        </strong>
        {verb === "Disconnect" && ". Messages stop at once between them."}
      </Text>
      <TypeChoice
        label="Connection types"
        types={connectionTypes.map(({ type }) => type)}
        value={types}
        onChange={setTypes}
        isRequired={present.length === 0}
      />
    </Form>
  );
}
