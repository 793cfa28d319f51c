import { builtInEndpoints, createCatalogue } from "@tessera/contract";
import { Ajv2020, type AnySchema } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect } from "vitest";
import { type ApiDocument, type ApiResponse, describeApi } from "../http/reference/openapi.ts";
import type { TestResponse } from "./start-app.ts";

/** The document that the server serves, without the gateway's routes. */
export const apiDocument: ApiDocument = describeApi({
  catalogue: createCatalogue(),
  endpoints: builtInEndpoints,
  version: "1.0.0",
  publicUrl: undefined,
  gatewayRoutes: [],
});

export interface DocumentedOperation {
  /** Of its endpoint. */
  readonly id: string;
  readonly method: string;
  /** With `{name}` for each of its parameters. */
  readonly path: string;
}

export const documentedOperations: readonly DocumentedOperation[] = Object.entries(
  apiDocument.paths,
).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId }]) => ({
    id: operationId,
    method: method.toUpperCase(),
    path,
  })),
);

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(closed(apiDocument) as AnySchema, "api");

/** That the document has the status, and that the body is what the document says of it. */
export function requireDocumented(
  { method, path }: DocumentedOperation,
  { status, body, headers }: TestResponse,
): void {
  const name = method.toLowerCase();
  const documented = apiDocument.paths[path]?.[name]?.responses ?? {};
  const response = documented[status];
  expect(response, `${method} ${path} answers ${status}: ${JSON.stringify(body)}`).toBeDefined();
  if (response === undefined) return;
  const pointer =
    "$ref" in response
      ? response.$ref
      : `#/paths/${escapePointer(path)}/${name}/responses/${status}`;
  const { content } = "$ref" in response ? sharedResponse(response.$ref) : response;
  if (content === undefined) {
    expect(body).toBeUndefined();
    return;
  }
  const [type = "", charset] = String(headers["content-type"]).split("; ");
  expect(content, `${method} ${path}`).toHaveProperty([type]);
  expect(charset).toBe("charset=utf-8");
  if (type !== "application/json") return;
  const validate = ajv.getSchema(`api${pointer}/content/application~1json/schema`);
  expect(validate, pointer).toBeDefined();
  void validate?.(body);
  expect(validate?.errors ?? [], `${method} ${path}: ${JSON.stringify(body)}`).toEqual([]);
}

function sharedResponse(reference: string): ApiResponse {
  const found = apiDocument.components.responses[reference.split("/").at(-1) ?? ""];
  if (found === undefined) throw new Error(`${reference} leads nowhere`);
  return found;
}

const escapePointer = (key: string) =>
  encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));

/** The document with every object closed, so that a member it does not name is found. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, part]) =>
    // What a problem's code may be is said beside the schema of all problems.
    key === "allOf" ? [key, part] : [key, closed(part)],
  );
  const object = Object.fromEntries(entries) as Partial<ApiDocument> & Record<string, unknown>;
  const isObjectSchema = object.type === "object" && object.properties !== undefined;
  return isObjectSchema ? { additionalProperties: false, ...object } : object;
}
