import { Button, Group, Paper, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { entityTypes } from "../../../api/entities.ts";
import { Dialog } from "../../../ui/dialog.tsx";
import { FailureNotice } from "../../../ui/failure-notice.tsx";
import { LinkButton } from "../../../ui/links.tsx";
import { LoadingRows } from "../../../ui/loading-rows.tsx";
import { Name } from "../../../ui/name.tsx";
import type { Side } from "../connection-types.ts";
import { Drawing } from "./drawing.tsx";
import classes from "./graph.module.css";
import {
  type Graph,
  type GraphNode,
  mostNodes,
  otherType,
  pairOf,
  typesBetween,
} from "./graph-of.ts";
import { type Pair, PairForm } from "./pair-form.tsx";
import { useGraph } from "./use-graph.ts";

/** The client or channel of the page among what it is or could be connected with, to connect by dragging or by keys. */
export function ConnectionGraph(side: Side) {
  const [opened, setOpened] = useState<readonly Pick<GraphNode, "type" | "id">[]>([]);
  const { graph, unread, error, retry } = useGraph(side, opened);
  const [picked, setPicked] = useState<GraphNode>();
  const [text, setText] = useState("");
  const [pair, setPair] = useState<Pair>();
  const [isPairOpen, setIsPairOpen] = useState(false);
  if (graph === undefined) {
    return error === null ? <LoadingRows /> : <FailureNotice error={error} onRetry={retry} />;
  }
  const connect = (one: GraphNode, other: GraphNode) => {
    const found = pairOf(one, other);
    if (found === undefined) return;
    setPair({ ...found, present: typesBetween(graph.edges, one, other) });
    setIsPairOpen(true);
    setPicked(undefined);
  };
  const choose = (node: GraphNode) => {
    if (picked === undefined || picked.type === node.type) {
      setPicked(picked?.id === node.id ? undefined : node);
    } else connect(picked, node);
  };
  const left = graph.left + unread;
  const isOpened = (node: GraphNode) =>
    node.id === side.id || opened.some(({ id }) => id === node.id);
  return (
    <Paper withBorder p={{ base: "sm", sm: "md" }}>
      <FailureNotice error={error} onRetry={retry} />
      <Group justify="space-between" align="flex-end" mb="sm">
        <TextInput
          label="Show only"
          placeholder="A part of the name"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Legend />
      </Group>
      <Group className={classes.bar ?? ""} gap="xs" mih={36} mb="sm">
        <Text size="sm" role="status" className={classes.hint ?? ""}>
          {picked === undefined ? (
            "Drag from one side to the other to connect, or choose one and then the other. Arrow keys move, Enter chooses, Escape lets go."
          ) : (
            <>
              <strong>
                <Name>{picked.name}</Name>
              </strong>{" "}
              is chosen. Choose a {entityTypes[otherType(picked.type)].singular} to connect it with.
            </>
          )}
        </Text>
        {picked !== undefined && !isOpened(picked) && (
          <Button size="xs" variant="default" onClick={() => setOpened([...opened, picked])}>
            Show its {otherType(picked.type)}
          </Button>
        )}
        {picked !== undefined && picked.id !== side.id && (
          <LinkButton
            size="xs"
            variant="default"
            to="/domains/$domainId/$type/$id"
            params={{ domainId: side.domainId, type: picked.type, id: picked.id }}
          >
            Open
          </LinkButton>
        )}
      </Group>
      <Drawing
        graph={filtered(graph, text, [side.id, picked?.id])}
        ownId={side.id}
        picked={picked}
        onChoose={choose}
        onLetGo={() => setPicked(undefined)}
        onConnect={connect}
      />
      {left > 0 && (
        <Text size="sm" c="dimmed" mt="md">
          {left.toLocaleString("en")} more {left === 1 ? "is" : "are"} not drawn: the graph shows up
          to {mostNodes}. The list has them all.
        </Text>
      )}
      <Dialog
        isOpen={isPairOpen && pair !== undefined}
        onClose={() => setIsPairOpen(false)}
        title={pair?.present.length === 0 ? "Connect" : "Connection"}
      >
        {pair !== undefined && (
          <PairForm {...pair} domainId={side.domainId} onClose={() => setIsPairOpen(false)} />
        )}
      </Dialog>
    </Paper>
  );
}

/** What has the text in its name, and what stays whatever its name is. */
function filtered(graph: Graph, text: string, staying: readonly (string | undefined)[]): Graph {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return graph;
  const isShown = (node: GraphNode) =>
    staying.includes(node.id) || node.name.toLowerCase().includes(wanted);
  const clients = graph.clients.filter(isShown);
  const channels = graph.channels.filter(isShown);
  return { ...graph, clients, channels };
}

function Legend() {
  return (
    <Group gap="md" aria-hidden>
      {(["publish", "subscribe"] as const).map((type) => (
        <Group key={type} gap={6}>
          <svg width="34" height="10" aria-hidden="true">
            <path className={classes[type]} d="M 1 5 H 33" />
          </svg>
          <Text size="xs">{type === "publish" ? "Publish" : "Subscribe"}</Text>
        </Group>
      ))}
    </Group>
  );
}
