import { z } from "zod";
import { mapInTurns, nextTurn } from "./in-turns.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { createNameMembers } from "./member-names.ts";
import { toProblem } from "./problem.ts";

/** Shorter lists are read in no time. */
const longList = 16;

/**
 * Reads bodies by the schema of a row; throws 400. The elements of a long list are read in turns, between which others are
 * answered: a thousand new objects take some ten milliseconds.
 */
export function createBodyParser(schema: z.ZodType): (body: unknown) => MaybePromise<unknown> {
  const nameMembers = createNameMembers(schema);
  const parseWhole = (named: unknown): unknown => {
    const parsed = schema.safeParse(named);
    if (!parsed.success) throw toProblem("invalid_body", parsed.error);
    return parsed.data;
  };
  const inParts = partsOf(schema);
  return (body) => {
    const named = nameMembers(body);
    const part = inParts.find(({ listIn }) => listIn(named).length > longList);
    return part === undefined ? parseWhole(named) : parseInTurns(part, named, parseWhole);
  };
}

/** A schema whose long list is read apart. */
interface Part {
  /** Empty where the body has none there. */
  listIn(body: unknown): readonly unknown[];
  put(body: unknown, list: readonly unknown[]): unknown;
  readonly element: z.core.$ZodType;
  /** The schema, but for what it says of the list's elements. */
  readonly rest: z.core.$ZodType;
}

async function parseInTurns(
  { listIn, put, element, rest }: Part,
  named: unknown,
  parseWhole: (named: unknown) => unknown,
): Promise<unknown> {
  await nextTurn();
  const elements = await mapInTurns(listIn(named), (one) => z.safeParse(element, one));
  const read = elements.flatMap((one) => (one.success ? [one.data] : []));
  // What is wrong is said as the schema says it.
  if (read.length < elements.length) return parseWhole(named);
  const parsed = z.safeParse(rest, put(named, read));
  return parsed.success ? parsed.data : parseWhole(named);
}

/** Where a body of the schema may have lists: it is one, or some of its members are. */
function partsOf(schema: z.core.$ZodType): readonly Part[] {
  // Nothing else in it takes a list; which branch takes an object is known by parsing it.
  if (schema instanceof z.ZodUnion) {
    return schema.options.filter((option) => option instanceof z.ZodArray).flatMap(partsOf);
  }
  if (schema instanceof z.ZodArray) {
    return [
      {
        listIn: (body) => (Array.isArray(body) ? body : []),
        put: (_body, list) => list,
        element: schema.element,
        rest: withoutElements(schema),
      },
    ];
  }
  if (!(schema instanceof z.ZodObject)) return [];
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  return Object.entries(shape).flatMap(([name, member]) => {
    const list = listOf(member);
    if (list === undefined) return [];
    const rest = schema.clone({
      ...schema.def,
      shape: { ...shape, [name]: withoutElements(list) },
    });
    return [
      {
        listIn: (body) => {
          const list = (body as Readonly<Record<string, unknown>> | undefined)?.[name];
          return Array.isArray(list) ? list : [];
        },
        put: (body, list) => ({ ...(body as object), [name]: list }),
        element: list.element,
        rest,
      },
    ];
  });
}

/** The schema of the list that the member is, where it is there. */
function listOf(member: z.core.$ZodType): z.ZodArray | undefined {
  if (member instanceof z.ZodArray) return member;
  const isWrapped =
    member instanceof z.ZodDefault ||
    member instanceof z.ZodOptional ||
    member instanceof z.ZodNullable;
  return isWrapped ? listOf(member.unwrap()) : undefined;
}

function withoutElements(schema: z.ZodArray): z.core.$ZodType {
  return schema.clone({ ...schema.def, element: z.unknown() });
}
