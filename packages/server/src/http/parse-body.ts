import { AppError } from "@tessera/contract";
import { z } from "zod";
import { mapInTurns, nextTurn } from "./in-turns.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { createNameMembers } from "./member-names.ts";
import { toProblem } from "./problem.ts";
import { isWrapped } from "./wrapped-schema.ts";

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
  const partWithLongList = (body: unknown): Part | undefined => {
    const part = inParts.find(({ listIn }) => listIn(body).length > longList);
    if (part !== undefined) requireLength(part, body);
    return part;
  };
  return (body) => {
    // Before its elements are looked at: of a list that is too long nothing else matters.
    const early = Array.isArray(body) ? partWithLongList(body) : undefined;
    const named = nameMembers(body);
    const part = early ?? partWithLongList(named);
    return part === undefined ? parseWhole(named) : parseInTurns(part, named, parseWhole);
  };
}

/** A schema whose long list is read apart. */
interface Part {
  /** The names that lead to the list. */
  readonly path: readonly string[];
  /** Empty where the body has none there. */
  listIn(body: unknown): readonly unknown[];
  put(body: unknown, list: readonly unknown[]): unknown;
  readonly element: z.core.$ZodType;
  /** Knows of the list alone how long it may be. */
  readonly length: z.core.$ZodType;
  /** The schema, but for what it says of the list's elements. */
  readonly rest: z.core.$ZodType;
}

function requireLength({ path, listIn, length }: Part, body: unknown): void {
  const { error } = z.safeParse(length, listIn(body));
  const [tooLong] = error?.issues ?? [];
  if (tooLong !== undefined) {
    throw toProblem("invalid_body", new z.ZodError([{ ...tooLong, path: [...path] }]));
  }
}

async function parseInTurns(
  part: Part,
  named: unknown,
  parseWhole: (named: unknown) => unknown,
): Promise<unknown> {
  const { path, listIn, put, element, rest } = part;
  const list = listIn(named);
  let wrongAt: number | undefined;
  await nextTurn();
  const read = await mapInTurns([...list.entries()], ([index, one]) => {
    if (wrongAt !== undefined) return undefined;
    const parsed = z.safeParse(element, one);
    if (!parsed.success) wrongAt = index;
    return parsed.data;
  });
  if (wrongAt === undefined) {
    const parsed = z.safeParse(rest, put(named, read));
    // Their elements are good, and read once.
    if (!parsed.success) throw toProblem("invalid_body", parsed.error);
    return parsed.data;
  }
  // What is wrong is said as the schema says it, of a list of nothing else.
  try {
    return parseWhole(put(named, [list[wrongAt]]));
  } catch (error) {
    throw inPlace(error as AppError, path, wrongAt);
  }
}

/** Tells of the first element of a list as of that which stands there. */
function inPlace(error: AppError, path: readonly string[], index: number): AppError {
  const { field = "" } = error.details;
  const [first, there] = [0, index].map((place) => [...path, place].join(".")) as [string, string];
  if (field !== first && !field.startsWith(`${first}.`)) return error;
  const told = `${there}${field.slice(first.length)}`;
  const message = error.message.replace(field, () => told);
  return new AppError(error.code, message, { ...error.details, field: told });
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
        path: [],
        listIn: (body) => (Array.isArray(body) ? body : []),
        put: (_body, list) => list,
        element: schema.element,
        length: onlyLength(schema),
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
        path: [name],
        listIn: (body) => {
          const list = (body as Readonly<Record<string, unknown>> | undefined)?.[name];
          return Array.isArray(list) ? list : [];
        },
        put: (body, list) => ({ ...(body as object), [name]: list }),
        element: list.element,
        length: onlyLength(list),
        rest,
      },
    ];
  });
}

/** The schema of the list that the member is, where it is there. */
function listOf(member: z.core.$ZodType): z.ZodArray | undefined {
  if (member instanceof z.ZodArray) return member;
  return isWrapped(member) ? listOf(member.unwrap()) : undefined;
}

function onlyLength(schema: z.ZodArray): z.core.$ZodType {
  const isMaximum = (check: z.core.$ZodCheck) => check._zod.def.check === "max_length";
  const checks = schema.def.checks?.filter((check) => isMaximum(check as z.core.$ZodCheck)) ?? [];
  return schema.clone({ ...schema.def, element: z.unknown(), checks });
}

function withoutElements(schema: z.ZodArray): z.core.$ZodType {
  return schema.clone({ ...schema.def, element: z.unknown() });
}
