import { expect, test } from "vitest";
import {
  type GraphNode,
  graphOf,
  mostNodes,
  type NodeType,
  pairOf,
  typesBetween,
} from "./graph-of.ts";

const node = (type: NodeType, id: string): GraphNode => ({ type, id, name: id, isEnabled: true });
const pump = node("clients", "pump");
const flow = { ...node("channels", "flow"), types: ["publish"] as const };
const heat = node("channels", "heat");

test("what a node is connected with is drawn with it, and what it could be connected with", () => {
  const graph = graphOf(pump, [{ of: pump, nodes: [flow] }], [heat, node("channels", "flow")]);
  expect(graph.clients.map(({ id }) => id)).toEqual(["pump"]);
  expect(graph.channels.map(({ id }) => id)).toEqual(["flow", "heat"]);
  expect(graph.edges).toEqual([{ clientId: "pump", channelId: "flow", types: ["publish"] }]);
  expect(graph.left).toBe(0);
  expect(typesBetween(graph.edges, flow, pump)).toEqual(["publish"]);
  expect(typesBetween(graph.edges, heat, pump)).toEqual([]);
});

test("a connection that is known from both of its ends is drawn once", () => {
  const opened = [
    { of: pump, nodes: [flow] },
    {
      of: flow,
      nodes: [
        { ...pump, types: ["publish"] as const },
        { ...node("clients", "fan"), types: [] },
      ],
    },
  ];
  const graph = graphOf(pump, opened, []);
  expect(graph.edges.map(({ clientId }) => clientId)).toEqual(["pump", "fan"]);
  expect(graph.clients.map(({ id }) => id)).toEqual(["pump", "fan"]);
});

test("no more is drawn than can be overlooked: what is connected first, the rest is counted", () => {
  const others = Array.from({ length: mostNodes + 50 }, (_, index) =>
    node("channels", `c${index}`),
  );
  const graph = graphOf(pump, [{ of: pump, nodes: [flow] }], others);
  expect(graph.clients.length + graph.channels.length).toBe(mostNodes);
  expect(graph.channels[0]?.id).toBe("flow");
  expect(graph.left).toBe(52);
});

test("a client and a channel are a pair in either order, and two of one type are none", () => {
  expect(pairOf(heat, pump)).toEqual({ client: pump, channel: heat });
  expect(pairOf(pump, heat)).toEqual({ client: pump, channel: heat });
  expect(pairOf(heat, flow)).toBeUndefined();
});
