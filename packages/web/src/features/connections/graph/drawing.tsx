import { Text, VisuallyHidden } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconBroadcast, IconDeviceDesktop } from "@tabler/icons-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { entityTypes } from "../../../api/entities.ts";
import { Name } from "../../../ui/name.tsx";
import type { ConnectionType } from "../connection-types.ts";
import classes from "./graph.module.css";
import {
  type Graph,
  type GraphEdge,
  type GraphNode,
  type NodeType,
  nodeTypes,
  otherType,
  typesBetween,
} from "./graph-of.ts";
import { useDrag } from "./use-drag.ts";

/** Pixels; as in the stylesheet. */
const rowHeight = 44;
/** From the middle of a row to the line of each type. */
const offsetOf = { publish: -4, subscribe: 4 } as const;

interface DrawingProps {
  readonly graph: Graph;
  readonly ownId: string;
  readonly picked: GraphNode | undefined;
  readonly onChoose: (node: GraphNode) => void;
  readonly onLetGo: () => void;
  readonly onConnect: (one: GraphNode, other: GraphNode) => void;
}

/** Clients on the left, channels on the right, and lines between those that are connected. */
export function Drawing(props: DrawingProps) {
  const { graph, picked, onLetGo, onConnect } = props;
  const { ref: middle, width } = useElementSize<HTMLDivElement>();
  const whole = useRef<HTMLDivElement>(null);
  const drawing = useRef<SVGSVGElement>(null);
  const line = useRef<SVGPathElement>(null);
  /** In each column one node is reached by the Tab key, from which arrow keys lead to the others. */
  const [reached, setReached] = useState<Partial<Record<NodeType, string>>>({});
  const findNode = (id: string) =>
    [...graph.clients, ...graph.channels].find((node) => node.id === id);
  const onPointerDown = useDrag({
    drawing,
    line,
    onDrop: (from, to) => {
      const [one, other] = [findNode(from), findNode(to)];
      if (one !== undefined && other !== undefined) onConnect(one, other);
    },
  });
  const reachedOf = (type: NodeType) => {
    const column = graph[type];
    const found = column.findIndex(({ id }) => id === reached[type]);
    return Math.max(0, found);
  };
  const moveTo = (type: NodeType, index: number) => {
    const node = graph[type][Math.min(Math.max(index, 0), graph[type].length - 1)];
    if (node === undefined) return;
    setReached((old) => ({ ...old, [type]: node.id }));
    whole.current?.querySelector<HTMLElement>(`[data-node="${node.id}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent, type: NodeType, index: number) => {
    const other = otherType(type);
    const places: Readonly<Record<string, readonly [NodeType, number]>> = {
      ArrowDown: [type, index + 1],
      ArrowUp: [type, index - 1],
      Home: [type, 0],
      End: [type, graph[type].length - 1],
      [type === "clients" ? "ArrowRight" : "ArrowLeft"]: [other, reachedOf(other)],
    };
    const place = places[event.key];
    const isLettingGo = event.key === "Escape" && picked !== undefined;
    if (place === undefined && !isLettingGo) return;
    event.preventDefault();
    if (place !== undefined) moveTo(...place);
    else onLetGo();
  };
  const rows = Math.max(graph.clients.length, graph.channels.length);
  return (
    <div ref={whole} className={classes.drawing} onPointerDown={onPointerDown}>
      {nodeTypes.map((type) => (
        <div key={type} className={classes.column} data-type={type}>
          <Text size="xs" c="dimmed" fw={600} id={`graph-${type}`} mb={6}>
            {entityTypes[type].title}
          </Text>
          <ul aria-labelledby={`graph-${type}`} className={classes.nodes}>
            {graph[type].map((node, index) => (
              <li key={node.id} className={classes.row}>
                <NodeButton
                  {...props}
                  node={node}
                  isReached={index === reachedOf(type)}
                  onFocus={() => setReached((old) => ({ ...old, [type]: node.id }))}
                  onKeyDown={(event) => onKeyDown(event, type, index)}
                />
              </li>
            ))}
          </ul>
          {graph[type].length === 0 && (
            <Text size="sm" c="dimmed">
              None
            </Text>
          )}
        </div>
      ))}
      <div ref={middle} className={classes.middle}>
        <svg
          ref={drawing}
          width={width}
          height={rows * rowHeight}
          className={classes.lines}
          aria-hidden="true"
        >
          <Arrows />
          {width > 0 &&
            graph.edges.map((edge) => (
              <Edge
                key={`${edge.clientId} ${edge.channelId}`}
                edge={edge}
                from={graph.clients.findIndex(({ id }) => id === edge.clientId)}
                to={graph.channels.findIndex(({ id }) => id === edge.channelId)}
                width={width}
                isLit={picked !== undefined && [edge.clientId, edge.channelId].includes(picked.id)}
                onOpen={() => {
                  const [client, channel] = [findNode(edge.clientId), findNode(edge.channelId)];
                  if (client !== undefined && channel !== undefined) onConnect(client, channel);
                }}
              />
            ))}
        </svg>
        <svg width={width} height={rows * rowHeight} className={classes.lines} aria-hidden="true">
          <path ref={line} className={classes.drawn} />
        </svg>
      </div>
    </div>
  );
}

interface NodeButtonProps extends DrawingProps {
  readonly node: GraphNode;
  readonly isReached: boolean;
  readonly onFocus: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

function NodeButton(props: NodeButtonProps) {
  const { node, graph, picked, ownId, isReached, onFocus, onKeyDown, onChoose } = props;
  const Icon = node.type === "clients" ? IconDeviceDesktop : IconBroadcast;
  const isAcross = picked !== undefined && picked.type !== node.type;
  const count = graph.edges.filter(
    ({ clientId, channelId }) => clientId === node.id || channelId === node.id,
  ).length;
  return (
    <button
      type="button"
      className={classes.node}
      data-node={node.id}
      data-own={node.id === ownId || undefined}
      data-off={!node.isEnabled || undefined}
      aria-pressed={picked?.id === node.id}
      tabIndex={isReached ? 0 : -1}
      onClick={() => onChoose(node)}
      onFocus={onFocus}
      onKeyDown={onKeyDown}
    >
      <Icon size={16} stroke={1.7} aria-hidden />
      <span className={classes.name}>
        <Name isLine>{node.name}</Name>
      </span>
      {!node.isEnabled && <span className={classes.state}>disabled</span>}
      <VisuallyHidden>
        {isAcross
          ? `, ${connectionText(typesBetween(graph.edges, node, picked))}`
          : count > 0
            ? `, ${count} connected`
            : ""}
      </VisuallyHidden>
      <span className={classes.grip} data-grip aria-hidden="true" />
    </button>
  );
}

function connectionText(types: readonly ConnectionType[]): string {
  return types.length === 0 ? "not connected" : `connected to ${types.join(" and ")}`;
}

interface EdgeProps {
  readonly edge: GraphEdge;
  /** Rows; -1: it is not shown. */
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly isLit: boolean;
  readonly onOpen: () => void;
}

function Edge({ edge, from, to, width, isLit, onOpen }: EdgeProps) {
  if (from < 0 || to < 0) return null;
  const middleOf = (row: number) => row * rowHeight + rowHeight / 2;
  const curve = (offset: number) => {
    const [y1, y2] = [middleOf(from) + offset, middleOf(to) + offset];
    return `M 0 ${y1} C ${width / 2} ${y1} ${width / 2} ${y2} ${width} ${y2}`;
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: for the mouse alone; by keys the two nodes are chosen.
    <g className={classes.edge} data-lit={isLit || undefined} onClick={onOpen}>
      <path className={classes.hit} d={curve(0)} />
      {edge.types.map((type) => (
        <path
          key={type}
          className={classes[type]}
          d={curve(edge.types.length === 1 ? 0 : offsetOf[type])}
          {...(type === "publish"
            ? { markerEnd: "url(#graph-publish)" }
            : { markerStart: "url(#graph-subscribe)" })}
        />
      ))}
    </g>
  );
}

/** Heads of the lines: towards the channel what is sent, towards the client what is received. */
function Arrows() {
  return (
    <defs>
      {(["publish", "subscribe"] as const).map((type) => (
        <marker
          key={type}
          id={`graph-${type}`}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          markerUnits="userSpaceOnUse"
          orient="auto-start-reverse"
        >
          <path d="M 0 0 L 8 4 L 0 8 Z" className={classes[`${type}Head`]} />
        </marker>
      ))}
    </defs>
  );
}
