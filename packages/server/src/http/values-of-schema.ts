import { z } from "zod";
import { isWrapped } from "./wrapped-schema.ts";

/** Of free JSON, which no schema bounds: metadata. */
const freeValues = 5_000;
/** Besides those that the schema names, clients send some that only others know. */
const unnamedValues = 1_000;
/** Of any body. */
const maximumValues = 50_000;

/**
 * How many values, counted as members, elements, objects and arrays at all levels, a body of the schema may have: what is
 * more can only be refused, and is refused before any of it is made.
 */
export function maximumValuesOf(schema: z.core.$ZodType): number {
  return Math.min(maximumValues, valuesOf(schema) + unnamedValues);
}

function valuesOf(schema: z.core.$ZodType): number {
  if (schema instanceof z.ZodObject) {
    const members: z.core.$ZodType[] = Object.values(schema.shape);
    return members.reduce((values, member) => values + valuesOf(member), 1);
  }
  if (schema instanceof z.ZodArray) {
    return 1 + Math.min(maximumValues, maximumLengthOf(schema) * valuesOf(schema.element));
  }
  if (schema instanceof z.ZodUnion) return Math.max(...schema.options.map(valuesOf));
  if (schema instanceof z.ZodPipe) return valuesOf(schema.in);
  if (isWrapped(schema)) return valuesOf(schema.unwrap());
  return isOneValue(schema) ? 1 : freeValues;
}

function maximumLengthOf({ def }: z.ZodArray<z.core.$ZodType>): number {
  for (const check of def.checks ?? []) {
    const { _zod } = check as z.core.$ZodCheckMaxLength;
    if (_zod.def.check === "max_length") return _zod.def.maximum;
  }
  return freeValues;
}

/** Whether what the schema takes is no object and no array. */
export function isOneValue(schema: z.core.$ZodType): boolean {
  return (
    schema instanceof z.ZodString ||
    schema instanceof z.ZodStringFormat ||
    schema instanceof z.ZodNumber ||
    schema instanceof z.ZodBoolean ||
    schema instanceof z.ZodEnum ||
    schema instanceof z.ZodLiteral ||
    schema instanceof z.ZodNull
  );
}
