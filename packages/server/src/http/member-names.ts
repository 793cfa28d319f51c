import { AppError } from "@tessera/contract";
import { z } from "zod";
import { isWrapped } from "./wrapped-schema.ts";

/** Where a body has names: of an object's members, of an array's elements. Free JSON has none. */
interface NameForm {
  /** By the names in lower case. */
  readonly members: ReadonlyMap<string, NamedMember>;
  /** Whether the schema drops, unread, what it does not name. */
  readonly dropsOthers: boolean;
  readonly elements: NameForm | undefined;
}

interface NamedMember {
  /** As the schema writes it. */
  readonly name: string;
  readonly form: NameForm | undefined;
}

/**
 * Gives the members of a body the names that its schema has, which match in any case of the letters A to Z, as Go's
 * encoding/json matches them; what the schema drops is dropped, and all inside free JSON stays as it is. Throws 400 where
 * two members of one object have names that differ in case alone.
 */
export function createNameMembers(schema: z.ZodType): (body: unknown) => unknown {
  const form = formOf(schema);
  return (body) => (form === undefined ? body : nameAll(form, body, []));
}

function formOf(schema: z.core.$ZodType): NameForm | undefined {
  if (schema instanceof z.ZodObject) {
    const members = Object.entries(schema.shape as Record<string, z.core.$ZodType>).map(
      ([name, member]) => [lowerCase(name), { name, form: formOf(member) }] as const,
    );
    const dropsOthers = schema.def.catchall === undefined;
    return { members: new Map(members), dropsOthers, elements: undefined };
  }
  if (schema instanceof z.ZodArray) {
    return { members: new Map(), dropsOthers: true, elements: formOf(schema.element) };
  }
  if (schema instanceof z.ZodUnion) {
    return schema.options.map(formOf).reduce(both, undefined);
  }
  if (schema instanceof z.ZodPipe) return formOf(schema.in);
  return isWrapped(schema) ? formOf(schema.unwrap()) : undefined;
}

/** Of two forms that the same body may have. */
function both(one: NameForm | undefined, other: NameForm | undefined): NameForm | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const members = new Map(one.members);
  for (const [key, { name, form }] of other.members) {
    members.set(key, { name, form: both(members.get(key)?.form, form) });
  }
  const dropsOthers = one.dropsOthers && other.dropsOthers;
  return { members, dropsOthers, elements: both(one.elements, other.elements) };
}

function nameAll(form: NameForm, value: unknown, path: readonly string[]): unknown {
  if (Array.isArray(value)) {
    const { elements } = form;
    if (elements === undefined) return value;
    return value.map((element: unknown, index) =>
      typeof element === "object" && element !== null
        ? nameAll(elements, element, [...path, String(index)])
        : element,
    );
  }
  if (typeof value !== "object" || value === null || form.members.size === 0) return value;
  if (isNamedWell(form, value)) return value;
  const named = new Map<string, unknown>();
  const sentAs = new Map<string, string>();
  for (const [sent, member] of Object.entries(value)) {
    const known = form.members.get(sent) ?? form.members.get(lowerCase(sent));
    if (known === undefined && form.dropsOthers) continue;
    const name = known?.name ?? sent;
    const other = sentAs.get(name);
    if (other !== undefined) throw sentTwice(path, name, [other, sent]);
    sentAs.set(name, sent);
    const inner = known?.form;
    named.set(name, inner === undefined ? member : nameAll(inner, member, [...path, name]));
  }
  return Object.fromEntries(named);
}

/** Whether every member has a name as the schema writes it, and nothing in it has names: as nearly all have. */
function isNamedWell({ members }: NameForm, value: object): boolean {
  for (const sent of Object.keys(value)) {
    const known = members.get(sent);
    if (known === undefined || known.name !== sent || known.form !== undefined) return false;
  }
  return true;
}

function sentTwice(
  path: readonly string[],
  name: string,
  [one, other]: readonly [string, string],
): AppError {
  const field = [...path, name].join(".");
  const message = `${field}: "${one}" and "${other}" are the same member; send one of them`;
  return new AppError("invalid_body", message, { field });
}

/** Of the letters A to Z alone: of others some turn into these, such as the Kelvin sign into k. */
function lowerCase(name: string): string {
  if (!/[A-Z]/.test(name)) return name;
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
