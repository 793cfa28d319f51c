import fastJson from "fast-json-stringify";
import { z } from "zod";
import { mapInTurns } from "./in-turns.ts";

/**
 * A reply that is given again and again, by one route: its text is made once, and then it is nothing but that. What was
 * parsed can take thirty times the memory of its text.
 */
export class KeptReply {
  #reply: object | undefined;
  #text = "";

  constructor(reply: object) {
    this.#reply = reply;
  }

  /** Its text; `write` makes it the first time. */
  text(write: (reply: object) => string): string {
    if (this.#reply !== undefined) {
      this.#text = write(this.#reply);
      this.#reply = undefined;
    }
    return this.#text;
  }
}

/**
 * Writes replies by their schema: a member that it does not name cannot leave the server. The program that does it is
 * made for the first reply: making those of all rows took a third of the time of a start.
 */
export function createReplyWriter(reply: z.ZodType): (value: unknown) => string {
  let write: ReturnType<typeof fastJson> | undefined;
  return (value) => {
    write ??= fastJson(replySchema(reply));
    return value instanceof KeptReply ? value.text(write) : write(value);
  };
}

/**
 * Writes a reply that has one list, and lets others be answered between its elements; the text is the same.
 * `undefined`: the reply has none, or something else that is not plain.
 */
export function createListWriter(
  reply: z.ZodType,
): ((value: unknown) => Promise<string>) | undefined {
  if (!(reply instanceof z.ZodObject)) return undefined;
  const members = Object.entries<z.ZodType>(reply.shape);
  const [list, ...others] = members.filter(([, schema]) => !isPlain(schema));
  if (list === undefined || others.length > 0) return undefined;
  const [name, schema] = list;
  if (!(schema instanceof z.ZodArray)) return undefined;
  const writeRest = createReplyWriter(reply);
  const writeElement = createReplyWriter(schema.element as z.ZodType);
  const place = `${JSON.stringify(name)}:[]`;
  return async (value) => {
    const whole = value as Readonly<Record<string, readonly unknown[]>>;
    const elements = await mapInTurns(whole[name] ?? [], writeElement);
    // No text holds a quotation mark as it is, and no other member is an object: the place is there once.
    const [before = "", after = ""] = writeRest({ ...whole, [name]: [] }).split(place);
    return `${before}${place.slice(0, -1)}${elements.join()}]${after}`;
  };
}

function isPlain(schema: z.ZodType): boolean {
  if (schema instanceof z.ZodOptional) return isPlain(schema.unwrap() as z.ZodType);
  return [z.ZodNumber, z.ZodString, z.ZodBoolean, z.ZodEnum].some(
    (plain) => schema instanceof plain,
  );
}

function replySchema(reply: z.ZodType): Parameters<typeof fastJson>[0] {
  const { $schema: _, ...schema } = z.toJSONSchema(reply, { io: "output" });
  return schema as Parameters<typeof fastJson>[0];
}
