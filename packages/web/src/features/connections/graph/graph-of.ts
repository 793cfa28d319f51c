import type { ConnectionType } from "../connection-types.ts";

export type NodeType = "clients" | "channels";

export const nodeTypes = ["clients", "channels"] as const;

/** A client or channel to be drawn. */
export interface GraphNode {
  readonly type: NodeType;
  readonly id: string;
  readonly name: string;
  readonly isEnabled: boolean;
}

/** A client with a channel. */
export interface GraphEdge {
  readonly clientId: string;
  readonly channelId: string;
  readonly types: readonly ConnectionType[];
}

/** What is known of one node: with what it is connected, and how. */
export interface Neighbours {
  readonly of: Pick<GraphNode, "type" | "id">;
  readonly nodes: readonly (GraphNode & { readonly types: readonly ConnectionType[] })[];
}

export interface Graph {
  readonly clients: readonly GraphNode[];
  readonly channels: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** How many nodes are known and not drawn, because there are too many. */
  readonly left: number;
}

/** So many nodes are drawn: more are no longer overlooked, and the list is the better tool. */
export const mostNodes = 200;

/**
 * Puts together what is drawn: the node of the page, what it and others that were opened are connected with, then
 * whatever else there is to connect with, as far as there is room.
 */
export function graphOf(
  own: GraphNode,
  opened: readonly Neighbours[],
  others: readonly GraphNode[],
): Graph {
  const nodes = new Map<string, GraphNode>();
  const add = (node: GraphNode) => {
    if (nodes.size < mostNodes || nodes.has(node.id)) nodes.set(node.id, node);
    return nodes.has(node.id);
  };
  add(own);
  const edges = new Map<string, GraphEdge>();
  let left = 0;
  for (const { of, nodes: found } of opened) {
    for (const { types, ...node } of found) {
      if (!add(node)) {
        left += 1;
        continue;
      }
      const [clientId, channelId] = of.type === "clients" ? [of.id, node.id] : [node.id, of.id];
      if (nodes.has(of.id)) edges.set(`${clientId} ${channelId}`, { clientId, channelId, types });
    }
  }
  for (const node of others) if (!add(node)) left += 1;
  const ofType = (type: NodeType) => [...nodes.values()].filter((node) => node.type === type);
  return {
    clients: ofType("clients"),
    channels: ofType("channels"),
    edges: [...edges.values()],
    left,
  };
}

export function otherType(type: NodeType): NodeType {
  return type === "clients" ? "channels" : "clients";
}

/** The client and the channel of two nodes; undefined where they are of one type. */
export function pairOf(
  one: GraphNode,
  other: GraphNode,
): { readonly client: GraphNode; readonly channel: GraphNode } | undefined {
  if (one.type === other.type) return undefined;
  return one.type === "clients" ? { client: one, channel: other } : { client: other, channel: one };
}

/** In which ways two nodes are connected. */
export function typesBetween(
  edges: readonly GraphEdge[],
  one: Pick<GraphNode, "id">,
  other: Pick<GraphNode, "id">,
): readonly ConnectionType[] {
  const found = edges.find(
    ({ clientId, channelId }) =>
      (clientId === one.id && channelId === other.id) ||
      (clientId === other.id && channelId === one.id),
  );
  return found?.types ?? [];
}
