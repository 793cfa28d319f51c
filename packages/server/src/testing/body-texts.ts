import type { Endpoint } from "@tessera/contract";
import { z } from "zod";
import { type PreparedRequest, prepareAccountRequest } from "./account-requests.ts";
import { requestTo, type World } from "./operation-world.ts";
import type { TestApp } from "./start-app.ts";

/** A member of a body that takes any text: no id, no word of a few, no text of a certain form. */
export interface BodyText {
  /** Member names, and 0 for the items of an array. */
  readonly path: readonly (string | number)[];
  /** In UTF-16 units; `undefined`: as much as the whole body may have. */
  readonly maximumLength: number | undefined;
  readonly description: string;
}

interface Described {
  readonly type?: string;
  readonly maxLength?: number;
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
  readonly anyOf?: readonly Described[];
}

/** The texts that a body of the endpoint can carry. */
export function bodyTexts({ body }: Endpoint): readonly BodyText[] {
  if (body === undefined) return [];
  const schema = z.toJSONSchema(body, { io: "input" }) as Described;
  return collectTexts(schema.anyOf?.find(({ type }) => type === "array") ?? schema, []);
}

function collectTexts(schema: Described, path: BodyText["path"]): readonly BodyText[] {
  const { properties = {}, items, anyOf = [] } = schema;
  const below = [
    ...anyOf.flatMap((part) => collectTexts(part, path)),
    ...Object.entries(properties).flatMap(([name, part]) => collectTexts(part, [...path, name])),
    ...(items === undefined ? [] : collectTexts(items, [...path, 0])),
  ];
  const isFree = [schema.format, schema.pattern, schema.enum].every((rule) => rule === undefined);
  if (schema.type !== "string" || !isFree) return below;
  const { maxLength, description = "" } = schema;
  return [...below, { path, maximumLength: maxLength, description }];
}

/** A request that succeeds at any endpoint, by whoever may. */
export async function prepareRequest(
  endpoint: Endpoint,
  world: World,
  server: TestApp,
): Promise<PreparedRequest> {
  if (endpoint.access.kind !== "operation") return prepareAccountRequest(endpoint, world, server);
  const { path, body } = requestTo(endpoint, world);
  return { caller: world.owner, path, body };
}

/** A copy of the body with that text in it. */
export function withText(body: unknown, path: BodyText["path"], text: string): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return text;
  if (typeof step === "number") {
    const items = Array.isArray(body) ? body : [];
    return items.toSpliced(step, 1, withText(items[step], rest, text));
  }
  const members = (body ?? {}) as Readonly<Record<string, unknown>>;
  return { ...members, [step]: withText(members[step], rest, text) };
}
