import { AppError } from "@tessera/contract";
import { z } from "zod";
import { isOneValue } from "./values-of-schema.ts";
import { isWrapped } from "./wrapped-schema.ts";

/** Clients send some members that only others know; no client sends so many of one object. */
const maximumMembers = 100;
/** Of values in such members of one object, at all levels. */
const maximumValues = 200;
/** Of all objects: each name that was never seen takes longer to read than ten others. */
const maximumInAll = 20_000;
/** Of members and elements of one value that is free JSON, at all levels; likewise. */
const maximumFree = 5_000;
/** Of the names in all free JSON of a body. */
const maximumFreeNames = 10_000;

/** What a schema names in JSON of its form: members of objects, by their names in lower case. `free`: nothing. */
export type NamedShape =
  | "free"
  | {
      readonly members: ReadonlyMap<string, NamedShape>;
      readonly elements: NamedShape | undefined;
    };

const none: NamedShape = { members: new Map(), elements: undefined };

export function shapeOf(schema: z.core.$ZodType): NamedShape {
  if (schema instanceof z.ZodObject) {
    const members = Object.entries(schema.shape as Record<string, z.core.$ZodType>).map(
      ([name, member]) => [name.toLowerCase(), shapeOf(member)] as const,
    );
    return { members: new Map(members), elements: undefined };
  }
  if (schema instanceof z.ZodArray) {
    return { members: new Map(), elements: shapeOf(schema.element) };
  }
  if (schema instanceof z.ZodUnion) return schema.options.map(shapeOf).reduce(both, none);
  if (schema instanceof z.ZodPipe) return shapeOf(schema.in);
  if (isWrapped(schema)) return shapeOf(schema.unwrap());
  return isOneValue(schema) ? none : "free";
}

/** Of two shapes that the same value may have. */
function both(one: NamedShape, other: NamedShape): NamedShape {
  if (one === "free" || other === "free") return "free";
  const members = new Map(one.members);
  for (const [name, shape] of other.members)
    members.set(name, both(members.get(name) ?? none, shape));
  const elements =
    one.elements === undefined || other.elements === undefined
      ? (one.elements ?? other.elements)
      : both(one.elements, other.elements);
  return { members, elements };
}

/** An object or array that is open where the text is read. */
interface Level {
  /** `undefined`: no schema has it. */
  readonly shape: NamedShape | undefined;
  readonly isObject: boolean;
  /** Who pays for what stands in it, where no schema has it. */
  readonly payer: Level | undefined;
  /** The position in an array, or the name of the member that is read now. */
  at: number | string;
  isNameNext: boolean;
  /** Of the member that is read now. */
  memberShape: NamedShape | undefined;
  unnamedMembers: number;
  unnamedValues: number;
  /** The outermost that is free JSON, itself or around it. */
  freeRoot: Level | undefined;
  freeValues: number;
}

/**
 * Throws 400, naming the object, where one has many members that its schema does not name: they would be read, only to
 * be dropped. Likewise where free JSON has more in it than any may have, or very many names. The text is JSON, or close to it: of what is none nothing is made.
 */
export function requireFewUnnamed(text: string, shape: NamedShape): void {
  if (shape === "free") return;
  const levels: Level[] = [];
  let level: Level | undefined;
  let inAll = 0;
  const freeNames = new Set<string>();
  const pathOf = (of: Level) => levels.slice(0, levels.indexOf(of)).map(({ at }) => String(at));
  const countFree = ({ freeRoot }: Level): void => {
    if (freeRoot === undefined) return;
    freeRoot.freeValues += 1;
    if (freeRoot.freeValues > maximumFree) throw tooManyFree(pathOf(freeRoot));
  };
  const pay = (payer: Level | undefined, members: number): void => {
    if (payer === undefined) return;
    payer.unnamedMembers += members;
    payer.unnamedValues += 1;
    inAll += 1;
    if (inAll > maximumInAll) throw tooManyInAll();
    if (payer.unnamedMembers <= maximumMembers && payer.unnamedValues <= maximumValues) return;
    throw tooMany(pathOf(payer));
  };
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index];
    if (sign === '"') {
      const start = index + 1;
      index = endOfText(text, start);
      if (level?.isNameNext !== true) continue;
      level.isNameNext = false;
      if (level.shape === "free") {
        freeNames.add(text.slice(start, index));
        if (freeNames.size > maximumFreeNames) throw tooManyNames();
      }
      if (level.shape === "free" || level.shape === undefined) continue;
      level.at = text.slice(start, Math.min(index, start + 100));
      level.memberShape = level.shape.members.get(level.at.toLowerCase());
      if (level.memberShape === undefined) pay(level, 1);
    } else if (sign === "," && level !== undefined) {
      if (level.isObject) level.isNameNext = true;
      else if (typeof level.at === "number") level.at += 1;
      pay(level.payer, 0);
      countFree(level);
    } else if (sign === "{" || sign === "[") {
      pay(level?.payer, 0);
      level = levelIn(level, sign === "{", shape);
      levels.push(level);
      countFree(level);
    } else if (sign === "}" || sign === "]") {
      levels.pop();
      level = levels.at(-1);
    }
  }
}

function levelIn(parent: Level | undefined, isObject: boolean, root: NamedShape): Level {
  const shape = parent === undefined ? root : shapeInside(parent);
  const isUnknown = parent !== undefined && shape === undefined;
  const level: Level = {
    shape,
    isObject,
    payer: isUnknown ? (parent.payer ?? parent) : undefined,
    at: isObject ? "" : 0,
    isNameNext: isObject,
    memberShape: undefined,
    unnamedMembers: 0,
    unnamedValues: 0,
    freeRoot: parent?.freeRoot,
    freeValues: 0,
  };
  if (shape === "free") level.freeRoot ??= level;
  return level;
}

function shapeInside({ shape, isObject, memberShape }: Level): NamedShape | undefined {
  if (shape === "free" || shape === undefined) return shape;
  return isObject ? memberShape : shape.elements;
}

function endOfText(text: string, start: number): number {
  for (let index = start; index < text.length; index += 1) {
    if (text[index] === "\\") index += 1;
    else if (text[index] === '"') return index;
  }
  return text.length;
}

function tooManyInAll(): AppError {
  const message = `the body must not have more than ${maximumInAll} members that nobody knows, and values in them`;
  return new AppError("invalid_body", message);
}

function tooManyFree(path: readonly string[]): AppError {
  const field = path.join(".");
  const message = `${field} must not have more than ${maximumFree} members and elements`;
  return new AppError("invalid_body", message, { field });
}

function tooManyNames(): AppError {
  const message = `the body must not have more than ${maximumFreeNames} different names in its metadata`;
  return new AppError("invalid_body", message);
}

function tooMany(path: readonly string[]): AppError {
  const field = path.join(".");
  const subject = field === "" ? "the body" : field;
  const message = `${subject} must not have more than ${maximumMembers} members that nobody knows, nor ${maximumValues} values in them`;
  return new AppError("invalid_body", message, field === "" ? {} : { field });
}
