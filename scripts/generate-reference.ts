import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import packageFile from "../package.json" with { type: "json" };
import {
  accountEndpoints,
  createCatalogue,
  type Endpoint,
  type EntityType,
  errorTable,
  type Operation,
  operationAliases,
} from "../packages/contract/src/index.ts";
import {
  accessText,
  needText,
  requestText,
  scopeName,
} from "../packages/server/src/http/reference/access-text.ts";
import { describeApi } from "../packages/server/src/http/reference/openapi.ts";

const notice = (source: string) =>
  `<!-- Generated from ${source} by \`npm run reference\`; changes here are lost. -->`;
const fromContract = notice("packages/contract");
const root = join(import.meta.dirname, "..");

if (import.meta.main) {
  if (process.argv.includes("--check")) refuseStale();
  else write();
}

/** The generated pages, by their path from the root of the project. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/reference/operations.md", operationsPage()],
    ["docs/reference/errors.md", errorsPage()],
    ["docs/reference/settings.md", settingsPage()],
    ["docs/reference/openapi.json", openapiDocument()],
  ]);
}

function write(): void {
  for (const [path, content] of referencePages()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

function refuseStale(): void {
  for (const [path, content] of referencePages()) {
    if (readOrEmpty(join(root, path)) === content) continue;
    console.error(`${path} does not say what its source says: run npm run reference`);
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
  const own = catalogue.operations().filter(({ isOwn }) => isOwn === true);
  const guides = catalogue.operations().filter(({ isOwn }) => isOwn !== true);
  const endpoints = [...catalogue.endpoints(), ...accountEndpoints];
  return [
    fromContract,
    "# Operations",
    `The ${guides.length} operations of the user guide that a scope of a personal access token can name. A scope is written \`<entity type>:<operation>:<entity id>\`; the id \`*\` means every object of the type in the scope's domain, and for the entity type \`domains\` the id is the domain's own. Besides these there are Tessera's own: ${own.map(({ id }) => code(scopeName(id))).join(", ")}.`,
    ...catalogue.entityTypes.flatMap((type) => [
      `## ${type.title}`,
      operationTable(type, endpoints),
    ]),
    "## What no scope opens",
    "Accounts, tokens, people, and what the server tells of itself.",
    table(
      ["Request", "What it does", "Who may"],
      accountEndpoints.map((endpoint: Endpoint) => [
        code(requestText(endpoint)),
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
    ["Scope", "What it allows", "Role action of the owner", "Requests", "Also accepted as"],
    type.operations.map((operation) => [
      code(scopeName(operation.id)),
      operation.isOwn === true ? `${operation.summary} (Tessera's own)` : operation.summary,
      operation.action === null ? "none" : code(operation.action),
      endpoints.flatMap((endpoint) => requestNeeding(operation, endpoint)).join("<br>"),
      operationAliases(operation)
        .map((alias) => code(scopeName(alias)))
        .join(" "),
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
  return [`${code(requestText(endpoint))}${alsoNeeds}`];
}

function errorsPage(): string {
  return [
    fromContract,
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

/** The settings as tessera.example.yaml has them, which a test holds against the program's own. */
function settingsPage(): string {
  const example = readFileSync(join(root, "tessera.example.yaml"), "utf8");
  const [introduction = "", ...blocks] = example.split("\n\n");
  const settings = blocks.filter((block) => /^(# )?\w+: /m.test(block) && !block.includes("\n#\n"));
  return [
    notice("tessera.example.yaml"),
    "# Settings",
    commentText(introduction.split("\n")),
    ...settings.flatMap(settingsBlock),
    "The example file ends with a catalogue and routes to start from.",
  ]
    .join("\n\n")
    .concat("\n");
}

function settingsBlock(block: string): string[] {
  const lines = block.split("\n");
  const isSetting = (line: string) => /^(# )?[a-z_]+: ?\S/.test(line);
  const comment = commentText(lines.filter((line) => !isSetting(line)));
  const rows = lines.filter(isSetting).map((line) => {
    const [, mark, name = "", value = "", variable, text = ""] =
      /^(# )?(\w+): (.*?)(?:\s+#\s+(?:\[(\w+)\] ?)?(.*))?$/.exec(line) ?? [];
    const fallback = mark === undefined ? code(value) : "none";
    return [
      code(name),
      variable === undefined ? "in the file only" : code(variable),
      fallback,
      text,
    ];
  });
  return [comment, table(["Setting", "Environment variable", "Default", ""], rows)].filter(
    (part) => part !== "",
  );
}

function commentText(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/^# ?/, "")).join("\n");
}

function openapiDocument(): string {
  const catalogue = createCatalogue();
  const document = describeApi({
    catalogue,
    endpoints: [...catalogue.endpoints(), ...accountEndpoints],
    version: packageFile.version,
    publicUrl: undefined,
    gatewayRoutes: [],
  });
  return `${JSON.stringify(document, undefined, 1)}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}
