import {
  allEntities,
  type Catalogue,
  isScopeProblem,
  nearest,
  type Operation,
  type Target,
} from "@tessera/contract";
import {
  isPatternProblem,
  type PatternSegment,
  parseRoutePattern,
  readRequestPath,
} from "./route-pattern.ts";

/** Which operation a request to another service is; {@link parseRoutePattern} says what a path may be. */
export interface GatewayRoute {
  readonly method: string;
  readonly path: string;
  /** `<entity type>.<operation>` */
  readonly operation: string;
  /** The domain, where the path does not name it. */
  readonly domain?: string | undefined;
  /** Whether a websocket may be opened by it; what is said in one is asked about no more. */
  readonly websocket?: boolean | undefined;
}

/** What is wrong with the route at `index`. */
export interface RouteProblem {
  readonly index: number;
  readonly member: "path" | "operation" | "domain" | "websocket";
  readonly message: string;
}

/** A request to another service, understood. */
export interface RoutedRequest {
  readonly operation: Operation;
  readonly target: Target;
}

export interface RouteTable {
  /** `target` is the path with its query, as the request line had it; `opensWebSocket`: in place of an answer. */
  find(
    method: string,
    target: string,
    opensWebSocket?: boolean,
  ): RoutedRequest | "no_rule" | "ambiguous_request";
}

interface Rule {
  readonly method: string;
  readonly segments: readonly PatternSegment[];
  readonly operation: Operation;
  readonly domain: string | undefined;
  readonly websocket: boolean;
}

/** Throws a `RangeError` for routes in which {@link findRouteProblem} would find something. */
export function createRouteTable(
  routes: readonly GatewayRoute[],
  catalogue: Catalogue,
): RouteTable {
  const rules = routes.map((route) => readRule(route, catalogue)).sort(wordsFirst);

  return {
    find: (method, target, opensWebSocket = false) => {
      const path = readRequestPath(target);
      if (path === undefined) return "ambiguous_request";
      // HEAD is GET without the content.
      const asked = method === "HEAD" ? "GET" : method;
      const rule = rules.find((candidate) => candidate.method === asked && fits(candidate, path));
      if (rule === undefined || (opensWebSocket && !rule.websocket)) return "no_rule";
      if (rules.some((other) => isMistakable(path, rule, other))) return "ambiguous_request";
      return routed(rule, path) ?? "no_rule";
    },
  };

  /** The target as a scope would name it; `undefined` where an id is none. */
  function routed(rule: Rule, path: readonly string[]): RoutedRequest | undefined {
    const { operation } = rule;
    const domainId = rule.domain ?? valueAt(rule, path, "domain") ?? "";
    const entityId =
      operation.type === "domains" ? domainId : (valueAt(rule, path, "id") ?? allEntities);
    const target = { domainId, entityType: operation.type, entityId };
    const scope = catalogue.readScope({
      domain_id: domainId,
      entity_type: operation.type,
      entity_id: entityId,
      operation: operation.name,
    });
    return isScopeProblem(scope) || isWildcardInPath(rule, path)
      ? undefined
      : { operation, target };
  }
}

/** The first route that means nothing, or the same as an earlier one. */
export function findRouteProblem(
  routes: readonly GatewayRoute[],
  catalogue: Catalogue,
): RouteProblem | undefined {
  const shapes = new Map<string, number>();
  for (const [index, route] of routes.entries()) {
    const problem = problemOf(route, catalogue);
    if (problem !== undefined) return { index, ...problem };
    const shape = shapeOf(route);
    const earlier = shapes.get(shape);
    if (earlier !== undefined) {
      return { index, member: "path", message: `means the same requests as routes.${earlier}` };
    }
    shapes.set(shape, index);
  }
  return undefined;
}

function problemOf(
  { method, path, operation, domain, websocket }: GatewayRoute,
  catalogue: Catalogue,
): Omit<RouteProblem, "index"> | undefined {
  const segments = parseRoutePattern(path);
  if (isPatternProblem(segments)) return { member: "path", message: segments.message };
  const row = catalogue.findOperation(operation);
  if (row === undefined) {
    const near = nearest(
      operation,
      catalogue.operations().map(({ id }) => id),
    );
    const message = `"${operation}" is no operation; did you mean "${near}"?`;
    return { member: "operation", message };
  }
  const has = (kind: PatternSegment["kind"]) => segments.some((segment) => segment.kind === kind);
  if (has("domain") && domain !== undefined) {
    return { member: "domain", message: "must not be given where the path has {domain}" };
  }
  if (!has("domain") && domain === undefined) {
    return { member: "path", message: "must have {domain}, or the route a domain of its own" };
  }
  if (has("id") && row.type === "domains") {
    return { member: "path", message: `must not have {id}: ${operation} is about the domain` };
  }
  if (websocket === true && method !== "GET") {
    return { member: "websocket", message: "must stand beside GET, as every websocket begins" };
  }
  return undefined;
}

function readRule(route: GatewayRoute, catalogue: Catalogue): Rule {
  const segments = parseRoutePattern(route.path);
  const operation = catalogue.findOperation(route.operation);
  if (isPatternProblem(segments) || operation === undefined) {
    throw new RangeError(`the route ${route.method} ${route.path} cannot be used`);
  }
  const { method, domain, websocket = false } = route;
  return { method, segments, operation, domain, websocket };
}

/** Two routes of one shape mean the same requests. */
function shapeOf({ method, path }: GatewayRoute): string {
  return `${method} ${path.replaceAll(/\{\w+\}/g, "*")}`;
}

function fits({ segments }: Rule, path: readonly string[]): boolean {
  return (
    segments.length === path.length &&
    segments.every((segment, index) => fitsSegment(segment, path[index] ?? ""))
  );
}

/** What ends with a slash has an empty segment, which no placeholder stands for: most services do not see it. */
function fitsSegment(segment: PatternSegment, value: string): boolean {
  return segment.kind === "word" ? segment.word === value : value !== "";
}

/** Words win over placeholders, from left to right. */
function wordsFirst(a: Rule, b: Rule): number {
  const length = Math.min(a.segments.length, b.segments.length);
  for (let index = 0; index < length; index += 1) {
    const difference = wordRank(a.segments[index]) - wordRank(b.segments[index]);
    if (difference !== 0) return difference;
  }
  return a.segments.length - b.segments.length;
}

const wordRank = (segment: PatternSegment | undefined) => (segment?.kind === "word" ? 0 : 1);

/** Whether a service that does not tell upper case from lower would take the other rule's route. */
function isMistakable(path: readonly string[], chosen: Rule, other: Rule): boolean {
  if (other.segments.length !== path.length) return false;
  let differs = false;
  for (const [index, segment] of other.segments.entries()) {
    if (segment.kind !== "word") continue;
    const value = path[index] ?? "";
    if (segment.word.toLowerCase() !== value.toLowerCase()) return false;
    if (segment.word !== value && chosen.segments[index]?.kind !== "word") differs = true;
  }
  return differs;
}

function valueAt(
  { segments }: Rule,
  path: readonly string[],
  kind: "domain" | "id",
): string | undefined {
  const index = segments.findIndex((segment) => segment.kind === kind);
  return index === -1 ? undefined : path[index];
}

/** `*` in a request is a name like any other; as an id it would mean all objects. */
function isWildcardInPath(rule: Rule, path: readonly string[]): boolean {
  return valueAt(rule, path, "id") === allEntities;
}
