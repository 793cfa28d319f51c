import type { ApiParameter, Reference } from "./api-parameters.ts";
import { anchor, escapeHtml, inlineMarkdown, markdownToHtml, tableHtml } from "./html.ts";
import type { ApiDocument, ApiEntityType, ApiOperation, ApiResponse } from "./openapi.ts";
import { exampleId, exampleOf, schemaHtml, typeHtml } from "./schema-html.ts";
import type { JsonSchema } from "./schema-pool.ts";

interface LocatedOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: ApiOperation;
}

/** The OpenAPI document as one page to read, without any script. */
export function referencePage(document: ApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const sections = document.tags.map((tag) => ({
    ...tag,
    operations: operations.filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
  const { info } = document;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(info.title)} API reference</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(logo)}">
<link rel="stylesheet" href="/docs/reference.css">
</head>
<body>
<a class="skip" href="#contents">Skip to the contents</a>
<header>
<a class="brand" href="/docs">${logo}<span>${escapeHtml(info.title)}</span></a>
<span class="version">API ${escapeHtml(info.version)}</span>
<a class="to-contents" href="#contents">Contents</a>
</header>
<main id="main">
<section id="introduction">
<h1>API reference</h1>
<p class="lead">${escapeHtml(info.summary)}.</p>
${markdownToHtml(info.description)}
<p>This page as an OpenAPI 3.1 document: <a href="/openapi.json">openapi.json</a>.</p>
</section>
<section id="scopes">
<h2>Scopes</h2>
<p>Everything that a scope can name. In place of the operation’s object a scope can have <code>*</code>: all objects of the type in the domain. For the entity type <code>domains</code> the object is the domain itself.</p>
${document["x-tessera-catalogue"].map((type) => entityTypeHtml(type, operations)).join("\n")}
</section>
${sections.map((section) => sectionHtml(section, document)).join("\n")}
<section id="errors">
<h2>Errors</h2>
${Object.entries(document.components.responses).map(problemHtml).join("\n")}
</section>
<section id="schemas">
<h2>Schemas</h2>
${Object.entries(document.components.schemas).map(componentHtml).join("\n")}
</section>
</main>
<nav id="contents" aria-label="Contents">
<ul>
<li><a href="#introduction">Introduction</a></li>
<li><a href="#scopes">Scopes</a></li>
${sections.map(sectionLinks).join("\n")}
<li><a href="#errors">Errors</a></li>
<li><a href="#schemas">Schemas</a></li>
</ul>
</nav>
</body>
</html>
`;
}

const logo =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><rect width="32" height="32" rx="7" fill="#0e5049"/><g fill="#fff"><rect x="5" y="6" width="6.4" height="6.4" rx="1.3"/><rect x="12.8" y="5.6" width="6.4" height="6.6" rx="1.3"/><rect x="20.6" y="6" width="6.4" height="6.4" rx="1.3" fill="#e0a54a"/><rect x="12.7" y="13.6" width="6.6" height="6.2" rx="1.3"/><rect x="12.9" y="21.2" width="6.3" height="6.2" rx="1.3"/></g></svg>';

interface Section {
  readonly name: string;
  readonly description: string;
  readonly operations: readonly LocatedOperation[];
}

function sectionLinks({ name, operations }: Section): string {
  const links = operations.map(
    ({ method, operation }) =>
      `<li><a href="#${anchor(operation.operationId)}">${methodHtml(method)} ${escapeHtml(operation.summary)}</a></li>`,
  );
  const id = anchor("tag", name);
  if (links.length === 0) return `<li><a href="#${id}">${escapeHtml(name)}</a></li>`;
  return `<li><details><summary>${escapeHtml(name)}</summary><ul>${links.join("")}</ul></details></li>`;
}

function sectionHtml({ name, description, operations }: Section, document: ApiDocument): string {
  return `<section id="${anchor("tag", name)}">
<h2>${escapeHtml(name)}</h2>
${markdownToHtml(description)}
${operations.map((located) => operationHtml(located, document)).join("\n")}
${operations.length === 0 ? scopesLink(name, document) : ""}
</section>`;
}

/** For types whose operations are requests to other services. */
function scopesLink(title: string, document: ApiDocument): string {
  const type = document["x-tessera-catalogue"].find((candidate) => candidate.title === title);
  if (type === undefined) return "";
  const id = anchor("scopes", type.entity_type);
  return `<p><a href="#${id}">Their operations, scopes and requests</a></p>`;
}

function operationHtml(
  { method, path, operation }: LocatedOperation,
  document: ApiDocument,
): string {
  const id = anchor(operation.operationId);
  const { components } = document;
  const parameters = (operation.parameters ?? []).map((parameter) =>
    resolve(parameter, components.parameters),
  );
  const body = operation.requestBody?.content["application/json"]?.schema;
  return `<article id="${id}">
<h3><a href="#${id}">${escapeHtml(operation.summary)}</a></h3>
<p class="request">${methodHtml(method)} <code>${escapeHtml(path)}</code></p>
<div class="access">${markdownToHtml(operation.description)}</div>
${parameters.length === 0 ? "" : `<h4>Parameters</h4>${parametersHtml(parameters)}`}
${body === undefined ? "" : `<h4>Body</h4>${schemaHtml(body)}`}
<h4>Replies</h4>
${repliesHtml(operation)}
<details class="example"><summary>With curl</summary><pre tabindex="0"><code>${escapeHtml(curlCommand({ method, path, operation }, document))}</code></pre></details>
</article>`;
}

function parametersHtml(parameters: readonly ApiParameter[]): string {
  return tableHtml(
    ["Name", "In", "Value", "Meaning"],
    parameters.map(({ name, in: place, required, schema, content, description }) => [
      `<code>${escapeHtml(name)}</code>`,
      place === "path" ? "path" : required ? "query, required" : "query",
      schema === undefined
        ? `JSON ${typeHtml(content?.["application/json"]?.schema ?? {})}`
        : `${typeHtml(schema)}${schema.default === undefined ? "" : ` <span class="default">default <code>${escapeHtml(String(schema.default))}</code></span>`}`,
      inlineMarkdown(description ?? ""),
    ]),
  );
}

function repliesHtml({ responses }: ApiOperation): string {
  const successes = Object.entries(responses).filter(([status]) => status < "400");
  const problems = Object.keys(responses).filter((status) => status >= "400");
  const links = problems.map(
    (status) => `<a class="status problem" href="#${anchor("error", status)}">${status}</a>`,
  );
  return `${successes.map(([status, response]) => successHtml(status, response)).join("")}<p class="problems">Errors: ${links.join(" ")}</p>`;
}

function successHtml(status: string, response: ApiResponse | Reference): string {
  const { content, description } = response as ApiResponse;
  const schema = content?.["application/json"]?.schema;
  const text = schema === undefined ? `<p>${escapeHtml(description)}.</p>` : schemaHtml(schema);
  return `<div class="reply"><span class="status">${status}</span>${text}</div>`;
}

function entityTypeHtml(type: ApiEntityType, operations: readonly LocatedOperation[]): string {
  const linkTo = (request: string): string => {
    const located = operations.find(
      ({ method, path }) => `${method.toUpperCase()} ${path}` === request,
    );
    const text = `<code>${escapeHtml(request).replaceAll("/", "<wbr>/")}</code>`;
    return located === undefined
      ? text
      : `<a href="#${anchor(located.operation.operationId)}">${text}</a>`;
  };
  const rows = type.operations.map((row) => [
    [row.scope, ...row.aliases.map((alias) => `or ${alias}`)]
      .map((text, index) =>
        index === 0
          ? `<code>${escapeHtml(text)}</code>`
          : `<span class="alias">${escapeHtml(text)}</span>`,
      )
      .join("<br>"),
    escapeHtml(row.summary),
    row.role_action === null ? "none" : `<code>${escapeHtml(row.role_action)}</code>`,
    row.requests.map(linkTo).join("<br>"),
  ]);
  return `<h3 id="${anchor("scopes", type.entity_type)}">${escapeHtml(type.title)}</h3>
${tableHtml(["Scope", "What it allows", "Role action", "Requests"], rows)}`;
}

function problemHtml([name, response]: readonly [string, ApiResponse]): string {
  const status = name.replace("Problem", "");
  const rows = response.description.split("\n").map((line) => {
    const [code = "", ...title] = line.split(": ");
    return [inlineMarkdown(code), escapeHtml(title.join(": "))];
  });
  return `<h3 id="${anchor("error", status)}">${status}</h3>${tableHtml(["Code", "Meaning"], rows)}`;
}

function componentHtml([name, schema]: readonly [string, JsonSchema]): string {
  const id = anchor("schema", name);
  return `<article id="${id}"><h3><a href="#${id}">${escapeHtml(name)}</a></h3>${schemaHtml(schema)}</article>`;
}

function curlCommand({ method, path, operation }: LocatedOperation, document: ApiDocument): string {
  const body = operation.requestBody?.content["application/json"]?.schema;
  const base = document.servers[0]?.url ?? "";
  const address = `${base === "/" ? "$URL" : base}${path.replaceAll(/\{\w+\}/g, exampleId)}`;
  return [
    `curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}"${address}"`,
    operation.security.length === 0 ? "" : '-H "Authorization: Bearer $TOKEN"',
    body === undefined ? "" : "-H 'Content-Type: application/json'",
    body === undefined
      ? ""
      : `-d '${JSON.stringify(exampleOf(body, document.components.schemas))}'`,
  ]
    .filter((part) => part !== "")
    .join(" \\\n  ");
}

function methodHtml(method: string): string {
  return `<span class="method ${method}">${method.toUpperCase()}</span>`;
}

function resolve(
  parameter: ApiParameter | Reference,
  shared: ApiDocument["components"]["parameters"],
): ApiParameter {
  if (!("$ref" in parameter)) return parameter;
  const found = shared[parameter.$ref.split("/").at(-1) ?? ""];
  if (found === undefined) throw new Error(`${parameter.$ref} leads nowhere`);
  return found;
}
