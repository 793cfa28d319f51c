import { type Endpoint, nearest, parseScopeText, toWireScope } from "@tessera/sdk";
import { type CommandLine, singleOption, UsageError } from "./command-line.ts";

/** Options that say how to call, not what. */
const reserved = new Set(["output", "url", "body", "scope"]);

/**
 * What the options mean for the endpoint: path parameters and query keys by their names, everything else a member of
 * the body; `--body` gives the whole body, `--scope clients:view:*` (with `--domainId`) adds to `scopes`.
 */
export function readEndpointInput(endpoint: Endpoint, line: CommandLine): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  const query: Record<string, string> = {};
  const members: Record<string, unknown> = {};
  const pathNames = [...endpoint.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");
  const queryNames = Object.keys(endpoint.query?.shape ?? {});
  const bodyNames = bodyMembers(endpoint);
  for (const name of line.options.keys()) {
    if (reserved.has(name)) continue;
    const value = singleOption(line, name) ?? "";
    if (pathNames.includes(name)) input[name] = value;
    else if (queryNames.includes(name)) query[name] = value;
    else if (bodyNames.includes(name)) members[name] = readValue(value);
    else if (name !== "domainId" || !line.options.has("scope")) {
      throw new UsageError(unknownOption(name, [...pathNames, ...queryNames, ...bodyNames]));
    }
  }
  for (const name of pathNames) {
    if (input[name] === undefined) throw new UsageError(`${endpoint.id} needs --${name}`);
  }
  const scopes = readScopes(line);
  if (scopes.length > 0) members.scopes = scopes;
  const body = singleOption(line, "body");
  if (body !== undefined) input.body = readJson(body);
  else if (endpoint.body !== undefined) input.body = members;
  return { ...input, query };
}

function bodyMembers(endpoint: Endpoint): readonly string[] {
  const shape = (endpoint.body as { readonly shape?: object } | undefined)?.shape;
  return Object.keys(shape ?? {});
}

function unknownOption(name: string, known: readonly string[]): string {
  if (known.length === 0) return `there is no option --${name} here`;
  return `there is no option --${name}; did you mean --${nearest(name, known)}?`;
}

/** JSON where it is JSON, else the text itself: `--tags '["a"]'`, `--name pump`. */
function readValue(text: string): unknown {
  if (!/^[[{"]|^(true|false|null)$/.test(text)) return text;
  return readJson(text);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${text.slice(0, 40)} is not valid JSON`);
  }
}

function readScopes(line: CommandLine) {
  const texts = line.options.get("scope") ?? [];
  const domainId = singleOption(line, "domainId");
  return texts.map((text) => {
    const scope = parseScopeText(text);
    if (scope === undefined) {
      throw new UsageError(
        `${text} is no scope; write it like clients:view:* or clients:view:<id>`,
      );
    }
    if (domainId === undefined) throw new UsageError("--scope needs --domainId");
    const isDomain = scope.entityType === "domains" && scope.entityId === "*";
    return toWireScope({ ...scope, domainId, entityId: isDomain ? domainId : scope.entityId });
  });
}
