import { type Endpoint, parseScopeText, toWireScope } from "@tessera/sdk";
import { bodySchema, type EndpointOption, hasMembers, optionsOf } from "./endpoint-options.ts";
import { parseExactly } from "./exact-json.ts";
import { type GivenText, readGiven } from "./given-text.ts";
import { holdsSecret } from "./json-schema.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** The options of a command line by their names, each with all that was given for it. */
export type GivenOptions = ReadonlyMap<string, readonly string[]>;

export interface EndpointInput {
  readonly [pathParameter: string]: unknown;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** Whether `--scope clients:view:*` can be given, with `--domainId`. */
export function takesScopes(endpoint: Endpoint): boolean {
  return bodySchema(endpoint)?.properties?.scopes?.type === "array";
}

/** What the options mean for the endpoint. Secrets that are needed and not given are asked for. */
export async function readEndpointInput(
  endpoint: Endpoint,
  given: GivenOptions,
  terminal: Terminal,
): Promise<EndpointInput> {
  const path: Record<string, unknown> = {};
  const query: Record<string, unknown> = {};
  const body: Record<string, unknown> = {};
  const options = optionsOf(endpoint);
  for (const option of options) {
    const texts = given.get(option.name);
    if (texts === undefined) continue;
    const value = await readOption(option, texts, terminal);
    setMember({ path, query, body }[option.place], option.members, value);
  }
  for (const [name, value] of Object.entries(path)) {
    if (!["", ".", ".."].includes(String(value))) continue;
    throw new UsageError(`--${name} must be an id, not "${value}"`);
  }
  const scopes = await readScopes(given, terminal);
  if (scopes.length > 0) body.scopes = scopes;

  const wholeBody = await readWholeBody(endpoint, given, terminal);
  if (wholeBody !== undefined && Object.keys(body).length > 0) {
    throw new UsageError("--body is the whole body: give no other part of it beside it");
  }
  for (const option of options) {
    const isGiven = given.has(option.name) || (option.place === "body" && wholeBody !== undefined);
    if (!option.isRequired || isGiven || findMember(body, option.members) !== undefined) continue;
    setMember(body, option.members, await askFor(endpoint, option, terminal));
  }
  if (wholeBody !== undefined) return { ...path, query, body: wholeBody };
  if (endpoint.body === undefined) return { ...path, query };
  if (!hasMembers(bodySchema(endpoint))) throw new UsageError(`${endpoint.id} needs --body`);
  return { ...path, query, body };
}

async function askFor(
  { id }: Endpoint,
  { name, isSecret }: EndpointOption,
  terminal: Terminal,
): Promise<string> {
  if (!isSecret) throw new UsageError(`${id} needs --${name}`);
  if (terminal.isInteractive) return await terminal.askSecret(`${name}: `);
  throw new UsageError(`${id} needs --${name}: @FILE reads it from a file, - from standard input`);
}

async function readOption(
  option: EndpointOption,
  texts: readonly string[],
  terminal: Terminal,
): Promise<unknown> {
  const { name, type, isSecret, schema } = option;
  if (texts.length > 1 && type !== "list") {
    throw new UsageError(`--${name} was given more than once`);
  }
  const read: GivenText[] = [];
  for (const text of texts) {
    read.push(
      isSecret ? await readSecret(name, text, terminal) : await readGiven(text, terminal.input),
    );
  }
  if (type === "list") return read.flatMap(({ text }) => readList(text));
  const { text = "", isVisible = false } = read[0] ?? {};
  const value = readValue(name, type, text);
  if (isVisible && holdsSecret(schema, value)) terminal.tell(visibleSecret(`--${name}`));
  return value;
}

/** A secret's text; `-` on a terminal asks for it. */
export async function readSecret(
  name: string,
  given: string,
  terminal: Terminal,
): Promise<GivenText> {
  if (given === "-" && terminal.isInteractive) {
    return { text: await terminal.askSecret(`${name}: `), isVisible: false };
  }
  return await readGiven(given, terminal.input, true);
}

/** Said where a secret stood on the command line. */
export function visibleSecret(option: string): string {
  return `${option} is visible: in the list of processes (ps) to other users, and in the history of your shell. Write @FILE or - (standard input) instead.`;
}

function readValue(name: string, type: EndpointOption["type"], text: string): unknown {
  switch (type) {
    case "text":
    case "list":
      return text;
    case "boolean":
      if (text === "true" || text === "false") return text === "true";
      throw new UsageError(`--${name} is true or false, not "${text}"`);
    case "whole number":
      if (/^-?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
      throw new UsageError(`--${name} is a whole number, not "${text}"`);
    case "json":
      return readJson(text, `--${name}`);
  }
}

/** A JSON array of texts, for texts with commas in them; else what stands between commas and line breaks. */
function readList(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  } catch {
    // No JSON: a plain list.
  }
  return text === "" ? [] : text.split(/,|\r?\n/);
}

async function readWholeBody(
  endpoint: Endpoint,
  given: GivenOptions,
  terminal: Terminal,
): Promise<unknown> {
  const [text, ...more] = given.get("body") ?? [];
  if (text === undefined) return undefined;
  if (more.length > 0) throw new UsageError("--body was given more than once");
  const read = await readGiven(text, terminal.input);
  const body = readJson(read.text, "--body");
  if (read.isVisible && holdsSecret(bodySchema(endpoint) ?? {}, body)) {
    terminal.tell(visibleSecret("a secret in --body"));
  }
  return body;
}

function readJson(text: string, option: string): unknown {
  try {
    return parseExactly(text);
  } catch {
    throw new UsageError(`what ${option} was given is not valid JSON`);
  }
}

async function readScopes(given: GivenOptions, { input }: Terminal) {
  const [domain, ...more] = given.get("domainId") ?? [];
  if (more.length > 0) throw new UsageError("--domainId was given more than once");
  const texts: string[] = [];
  for (const scope of given.get("scope") ?? []) {
    texts.push(...readList((await readGiven(scope, input)).text));
  }
  if (texts.length === 0) return [];
  const scopes = texts.map(parseScope);
  if (domain === undefined) throw new UsageError("--scope needs --domainId");
  const { text: domainId } = await readGiven(domain, input);
  return scopes.map((scope) => {
    const isDomain = scope.entityType === "domains" && scope.entityId === "*";
    return toWireScope({ ...scope, domainId, entityId: isDomain ? domainId : scope.entityId });
  });
}

function parseScope(text: string) {
  const scope = parseScopeText(text);
  if (scope !== undefined) return scope;
  throw new UsageError(`${text} is no scope; write it like clients:view:* or clients:view:<id>`);
}

function setMember(target: Record<string, unknown>, way: readonly string[], value: unknown): void {
  const [name = "", ...rest] = way;
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const inner = target[name];
  const branch = typeof inner === "object" && inner !== null ? { ...inner } : {};
  target[name] = branch;
  setMember(branch as Record<string, unknown>, rest, value);
}

function findMember(target: unknown, way: readonly string[]): unknown {
  let found = target;
  for (const name of way) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}
