import { z } from "zod";

/** Whether the schema is another one that may be missing, or null. */
export function isWrapped(
  schema: z.core.$ZodType,
): schema is z.ZodDefault | z.ZodOptional | z.ZodNullable {
  return (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
  );
}
