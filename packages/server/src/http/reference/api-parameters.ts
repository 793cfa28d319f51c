import type { Endpoint } from "@tessera/contract";
import { type JsonSchema, pascalCase, type SchemaPool, schemaReference } from "./schema-pool.ts";

export interface ApiParameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly description?: string;
  readonly schema?: JsonSchema;
  /** Instead of `schema`: the value is JSON. */
  readonly content?: { readonly "application/json": { readonly schema: JsonSchema } };
}

export interface Reference {
  readonly $ref: string;
}

export interface ParameterPool {
  of(endpoint: Endpoint): {
    readonly parameters?: readonly (ApiParameter | Reference)[];
  };
  /** What endpoints share, by name. */
  readonly components: Readonly<Record<string, ApiParameter>>;
}

/** The parameters of all endpoints; those that several have alike are written once. */
export function collectParameters(endpoints: readonly Endpoint[], pool: SchemaPool): ParameterPool {
  const ofEndpoints = new Map(
    endpoints.map((endpoint) => [endpoint.id, parametersOf(endpoint, pool)] as const),
  );
  const uses = new Map<string, number>();
  for (const parameter of [...ofEndpoints.values()].flat()) {
    const text = JSON.stringify(parameter);
    uses.set(text, (uses.get(text) ?? 0) + 1);
  }
  const components: Record<string, ApiParameter> = {};
  const names = new Map<string, string>();
  for (const [id, parameters] of ofEndpoints) {
    for (const parameter of parameters) {
      const text = JSON.stringify(parameter);
      if ((uses.get(text) ?? 0) < 2 || names.has(text)) continue;
      const { name } = parameter;
      const free =
        name in components ? `${name}Of${pascalCase(id.split(".").slice(-2).join("."))}` : name;
      components[free] = parameter;
      names.set(text, free);
    }
  }
  const refer = (parameter: ApiParameter): ApiParameter | Reference => {
    const name = names.get(JSON.stringify(parameter));
    return name === undefined ? parameter : { $ref: `#/components/parameters/${name}` };
  };
  return {
    of: ({ id }) => {
      const parameters = ofEndpoints.get(id) ?? [];
      return parameters.length === 0 ? {} : { parameters: parameters.map(refer) };
    },
    components,
  };
}

function parametersOf(endpoint: Endpoint, pool: SchemaPool): readonly ApiParameter[] {
  const inPath = [...endpoint.path.matchAll(/:(\w+)/g)].map(([, name = ""]) =>
    pathParameter(endpoint, name),
  );
  if (endpoint.query === undefined) return inPath;
  const query = pool.add(`${pascalCase(endpoint.id)}Query`, endpoint.query, "query");
  const required = new Set(query.required as readonly string[] | undefined);
  const inQuery = Object.entries(query.properties as Record<string, JsonSchema>);
  return [
    ...inPath,
    ...inQuery.map(([name, schema]) => queryParameter(name, schema, required.has(name))),
  ];
}

function pathParameter({ wordParameters }: Endpoint, name: string): ApiParameter {
  const schema =
    wordParameters?.includes(name) === true ? { type: "string" } : { $ref: schemaReference("Id") };
  return { name, in: "path", required: true, schema };
}

function queryParameter(name: string, property: JsonSchema, required: boolean): ApiParameter {
  const { description, ...schema } = property;
  return {
    name,
    in: "query",
    required,
    ...(typeof description === "string" ? { description } : {}),
    ...(schema.type === "object" ? { content: { "application/json": { schema } } } : { schema }),
  };
}
