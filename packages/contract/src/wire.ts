import { z } from "zod";
import { type DisplayForm, displayRules, findDisplayProblem } from "./display-text.ts";
import { maximumCount, maximumLength, uuidPattern } from "./limits.ts";
import { tagFilter } from "./word-list.ts";

/** UUID in canonical lower case; anything else is refused where an id is expected. */
export const id = z
  .string()
  .regex(uuidPattern, {
    error: "must be a UUID in lower case, like 5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60",
  })
  .meta({ format: "uuid" });

/** RFC 3339 in UTC. A time that was never set reads {@link unsetTime}. */
export const time = z.string().meta({ format: "date-time" });

/** What the wire carries for a time that was never set. */
const unsetTime = "0001-01-01T00:00:00Z";

/** Milliseconds since the epoch → the wire's time; `null` → {@link unsetTime}. */
export function wireTime(at: number | null | undefined): string {
  return at == null ? unsetTime : new Date(at).toISOString();
}

/** The wire's time → milliseconds since the epoch; unset or unparsable → `null`. */
export function readWireTime(text: string | undefined): number | null {
  if (text === undefined || text === unsetTime) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

const maximumMetadataBytes = 64 * 1024;

/** Text of at most `maximum` characters. */
export function text(maximum: number) {
  return z.string().max(maximum, { error: `must be at most ${maximum} characters` });
}

/** Text that people will be shown; empty unless required. The rule is for input: what is stored may be older. */
export function displayText(maximum: number, form: DisplayForm = "one line") {
  return text(maximum)
    .superRefine(refuseDisplayProblem(form))
    .describe(`${displayRules[form]}; or empty`);
}

/** Like {@link displayText}, but never empty. */
export function requiredDisplayText(maximum: number) {
  return text(maximum)
    .min(1, { error: "must not be empty" })
    .superRefine(refuseDisplayProblem("one line"))
    .describe(displayRules["one line"]);
}

function refuseDisplayProblem(form: DisplayForm) {
  return (value: string, context: z.RefinementCtx) => {
    const message = findDisplayProblem(value, form);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  };
}

/** A name as it is stored, which may be older than the rule for display text. */
export const name = text(maximumLength.name);
export const newName = displayText(maximumLength.name);
export const requiredName = requiredDisplayText(maximumLength.name);

/** Part of a name, to find it by. */
export const nameFilter = text(maximumLength.name).describe(
  "Part of it, in any case; of both only the first 255 characters are compared",
);

const jsonValue = z.unknown();

/** A JSON object of at most 64 KiB. */
export const metadata = z
  .record(z.string(), jsonValue)
  .refine(
    (value) => new TextEncoder().encode(JSON.stringify(value)).length <= maximumMetadataBytes,
    {
      error: "must be at most 64 KiB as JSON",
    },
  );

const maximumFilterBytes = 4 * 1024;
const maximumFilterValues = 100;
const maximumNestedElements = 10;

/** A JSON object that stored metadata must contain; small, because every stored document is compared with it. */
export const metadataFilter = z.record(z.string(), jsonValue).superRefine((value, context) => {
  const refuse = (error: string) => context.addIssue({ code: "custom", message: error });
  if (new TextEncoder().encode(JSON.stringify(value)).length > maximumFilterBytes) {
    return refuse("must be at most 4 KiB as JSON");
  }
  const { values, nestedElements } = sizeOf(value);
  if (values > maximumFilterValues) {
    return refuse(`must have at most ${maximumFilterValues} values, inner ones included`);
  }
  if (nestedElements > maximumNestedElements) {
    refuse(`must have at most ${maximumNestedElements} objects or arrays as elements of arrays`);
  }
});

interface JsonSize {
  /** Members and elements at every depth. */
  readonly values: number;
  /** Elements of arrays that are objects or arrays themselves. */
  readonly nestedElements: number;
}

function sizeOf(value: unknown): JsonSize {
  if (typeof value !== "object" || value === null) return { values: 0, nestedElements: 0 };
  let values = 0;
  let nestedElements = 0;
  for (const inner of Object.values(value)) {
    const size = sizeOf(inner);
    const isNested = Array.isArray(value) && typeof inner === "object" && inner !== null;
    values += 1 + size.values;
    nestedElements += Number(isNested) + size.nestedElements;
  }
  return { values, nestedElements };
}

/** Tags in a request; kept in their order, each once. */
export const tags = z.array(requiredDisplayText(maximumLength.tag)).max(maximumCount.tags);

/** One of a few words. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  const quoted = words.map((word) => `"${word}"`);
  const last = quoted.pop();
  return z.enum(words, { error: `must be ${quoted.join(", ")} or ${last}` });
}

export const status = oneOf(["enabled", "disabled"]);

/** Go's boolean words, for query values. */
export const queryBoolean = z.boolean();

/** A moment that a request names. */
export const instant = z.string().refine((value) => readWireTime(value) !== null, {
  error: "must be an RFC 3339 time, like 2026-01-02T03:04:05Z",
});

/** `limit` and `offset` of every list. */
export const pageQuery = z.object({
  offset: z.int().min(0).default(0),
  limit: z.int().min(1).max(maximumCount.pageItems).default(10),
});

export const actionsFilter = z.string().describe("Comma list; the access must have all of them");

/** The filters, order and page of a list of domains, clients, channels or groups. */
export const listQuery = pageQuery.extend({
  order: oneOf(["name", "created_at", "updated_at"]).default("updated_at"),
  dir: oneOf(["asc", "desc"]).default("desc"),
  status: oneOf(["enabled", "disabled", "all"]).default("enabled"),
  name: nameFilter.optional(),
  id: z.string().optional().describe("Exactly this id"),
  tags: tagFilter.optional(),
  metadata: metadataFilter
    .optional()
    .describe("The stored metadata must contain this object of at most 4 KiB and 100 values"),
  only_total: queryBoolean.default(false).describe("The total without items"),
  created_from: instant.optional(),
  created_to: instant.optional(),
  role_id: z.string().optional(),
  role_name: z.string().optional(),
  actions: actionsFilter.optional(),
  access_type: oneOf(["direct", "direct_group", "indirect_group", "indirect", "domain"]).optional(),
});

export const connectionType = z
  .string()
  .transform((value) => value.toLowerCase())
  .pipe(oneOf(["publish", "subscribe"]));
