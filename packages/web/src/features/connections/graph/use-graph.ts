import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { maximumCount } from "@tessera/sdk";
import { type Entity, entitiesQuery, entityName, entityQuery } from "../../../api/entities.ts";
import { connectionTypes, hasType, type Side } from "../connection-types.ts";
import {
  type Graph,
  type GraphNode,
  graphOf,
  type Neighbours,
  type NodeType,
  otherType,
} from "./graph-of.ts";

const page = {
  status: "all",
  order: "name",
  dir: "asc",
  limit: maximumCount.pageItems,
} as const;

interface GraphReading {
  readonly graph: Graph | undefined;
  /** How many there are that were not even read. */
  readonly unread: number;
  readonly error: Error | null;
  readonly retry: () => void;
}

/** Reads what is drawn around the node of the page and around those that were opened besides. */
export function useGraph(
  { type, domainId, id }: Pick<Side, "type" | "domainId" | "id">,
  opened: readonly Pick<GraphNode, "type" | "id">[],
): GraphReading {
  const ownType = type as NodeType;
  const own = useQuery(entityQuery(type, domainId, id));
  const centres = [{ type: ownType, id }, ...opened];
  const connected = useQueries({
    queries: centres.map((node) => ({
      ...entitiesQuery(otherType(node.type), domainId, { ...page, [filterOf(node.type)]: node.id }),
      placeholderData: keepPreviousData,
    })),
  });
  const others = useQuery(entitiesQuery(otherType(ownType), domainId, page));
  const readings = [own, others, ...connected];
  const error = readings.find((reading) => reading.error !== null)?.error ?? null;
  const retry = () => {
    for (const reading of readings) if (reading.error !== null) void reading.refetch();
  };
  if (own.data === undefined || others.data === undefined || connected[0]?.data === undefined) {
    return { graph: undefined, unread: 0, error, retry };
  }
  const neighbours = centres.map(
    (of, index): Neighbours => ({
      of,
      nodes: (connected[index]?.data?.entities ?? []).map((entity) => ({
        ...nodeOf(otherType(of.type), entity),
        types: connectionTypes
          .map((one) => one.type)
          .filter((one) => hasType(entity.connection_types ?? [], one)),
      })),
    }),
  );
  // The lists of one type have objects in common: more than the longest leaves out there may be, fewer not.
  const unreadIn = (of: NodeType) =>
    Math.max(
      0,
      ...[others, ...connected.filter((_, index) => centres[index]?.type !== of)]
        .filter((list) => list !== others || of !== ownType)
        .map(({ data }) => (data === undefined ? 0 : data.total - data.entities.length)),
    );
  const unread = unreadIn(ownType) + unreadIn(otherType(ownType));
  const candidates = others.data.entities.map((entity) => nodeOf(otherType(ownType), entity));
  return {
    graph: graphOf(nodeOf(ownType, own.data), neighbours, candidates),
    unread,
    error,
    retry,
  };
}

function nodeOf(type: NodeType, entity: Entity): GraphNode {
  return { type, id: entity.id, name: entityName(entity), isEnabled: entity.status === "enabled" };
}

/** The filter of the other type's list that names a node of the type. */
function filterOf(type: NodeType): "client" | "channel" {
  return type === "clients" ? "client" : "channel";
}
