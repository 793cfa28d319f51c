import { z } from "zod";
import { requiredName } from "./wire.ts";

const word = z.string().regex(/^[a-z][a-z0-9_]{0,49}$/, {
  error: "must be lower-case letters, digits and _, starting with a letter, at most 50",
});

/** An operation of an entity type that another service keeps. */
const configuredOperation = z.strictObject({
  name: word,
  summary: requiredName,
  action: word.describe("The role action in the domain that the token's owner must have"),
});

/** An entity type that another service keeps and whose operations scopes can name. */
export const entityTypeConfig = z.strictObject({
  entity_type: word.describe("Plural, as scopes write it, e.g. `rules`"),
  singular: word,
  title: requiredName,
  operations: z.array(configuredOperation).min(1),
});

export type EntityTypeConfig = z.output<typeof entityTypeConfig>;
