import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type Access,
  accountEndpoints,
  createCatalogue,
  type Endpoint,
  type EntityType,
  errorTable,
  type Need,
  type Operation,
  type TargetSource,
} from "../packages/contract/src/index.ts";

const notice =
  "<!-- Generated from packages/contract by `npm run reference`; changes here are lost. -->";

if (import.meta.main) {
  const root = join(import.meta.dirname, "..");
  if (process.argv.includes("--check")) refuseStale(root);
  else write(root);
}

/** The generated pages, by their path from the root of the project. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/reference/operations.md", operationsPage()],
    ["docs/reference/errors.md", errorsPage()],
  ]);
}

function write(root: string): void {
  for (const [path, content] of referencePages()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

function refuseStale(root: string): void {
  for (const [path, content] of referencePages()) {
    if (readOrEmpty(join(root, path)) === content) continue;
    console.error(`${path} does not say what the contract says: run npm run reference`);
    process.exitCode = 1;
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function operationsPage(): string {
  const catalogue = createCatalogue();
  const endpoints = [...catalogue.endpoints(), ...accountEndpoints];
  return [
    notice,
    "# Operations",
    `The ${catalogue.operations().length} operations that a scope of a personal access token can name. A scope is written \`<entity type>:<operation>:<entity id>\`; the id \`*\` means every object of the type in the scope's domain, and for the entity type \`domains\` the id is the domain's own.`,
    ...catalogue.entityTypes.flatMap((type) => [
      `## ${type.title}`,
      operationTable(type, endpoints),
    ]),
    "## What no scope opens",
    "Accounts, tokens, people, and what the server tells of itself.",
    table(
      ["Request", "What it does", "Who may"],
      accountEndpoints.map((endpoint: Endpoint) => [
        request(endpoint),
        endpoint.summary,
        accessText(endpoint.access),
      ]),
    ),
  ]
    .join("\n\n")
    .concat("\n");
}

function operationTable(type: EntityType, endpoints: readonly Endpoint[]): string {
  return table(
    ["Scope", "What it allows", "Requests", "Also accepted as"],
    type.operations.map((operation) => [
      code(`${operation.type}:${operation.name}`),
      operation.summary,
      endpoints.flatMap((endpoint) => requestNeeding(operation, endpoint)).join("<br>"),
      operation.alsoFiledUnder.map((other) => code(`${other}:${operation.name}`)).join(" "),
    ]),
  );
}

/** The request with what else it needs, if the operation is among its needs. */
function requestNeeding(operation: Operation, endpoint: Endpoint): string[] {
  if (endpoint.access.kind !== "operation") return [];
  const { needs } = endpoint.access;
  if (!needs.some((need) => need.operation === operation.id)) return [];
  const others = needs.filter((need) => need.operation !== operation.id);
  const alsoNeeds = others.length === 0 ? "" : `, with ${others.map(needText).join(" and ")}`;
  return [`${request(endpoint)}${alsoNeeds}`];
}

function needText({ operation, on }: Need): string {
  return `${code(operation.replace(".", ":"))}${placeText(on)}`;
}

function placeText(on: TargetSource): string {
  switch (on.from) {
    case "body":
      return ` on ${code(on.member)} of the body`;
    case "current_parent":
      return " on the present parent group";
    case "any_domain":
      return " in any domain";
    case "own_domains":
      return " in the domains shown";
    case "path":
      return "";
  }
}

function accessText(access: Access): string {
  switch (access.kind) {
    case "operation":
      return access.needs.map(needText).join(" and ");
    case "role_action":
      return `a session with ${code(access.action)} on the object`;
    case "session":
      return "a session";
    case "self_or_admin":
      return "a session of that user or of an administrator";
    case "admin":
      return "a session of an administrator";
    case "bearer":
      return "a session or any token";
    case "anyone":
      return "anyone";
  }
}

function errorsPage(): string {
  return [
    notice,
    "# Errors",
    "Every error is JSON with `message`, the `code` below, and where it helps `field` (what is wrong) or `missing_scope` (what would help).",
    table(
      ["Code", "Status", "Meaning"],
      Object.entries(errorTable).map(([name, { status, title }]) => [
        code(name),
        String(status),
        title,
      ]),
    ),
  ]
    .join("\n\n")
    .concat("\n");
}

function request({ method, path }: Endpoint): string {
  return code(`${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}
