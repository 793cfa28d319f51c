import { z } from "zod";
import { maximumCount } from "./limits.ts";

/** Of one of these groups all tags; empty: any object. */
export type TagFilter = readonly (readonly string[])[];

/** The tags by which a list is filtered, as {@link readTagFilter} reads them. */
export const tagFilter = z
  .string()
  .refine((text) => readTagFilter(text).flat().length <= maximumCount.tags, {
    error: `must be at most ${maximumCount.tags} tags`,
  })
  .describe("`a,b`: one of them; `a+b`: both; `a+b,c`: both, or c");

export function readTagFilter(text = ""): TagFilter {
  return text
    .split(",")
    .map((group) => distinct(group.split("+")))
    .filter((tags) => tags.length > 0);
}

/** The words of a comma list, each once. */
export function readWords(text = ""): readonly string[] {
  return distinct(text.split(",").map((word) => word.trim()));
}

function distinct(words: readonly string[]): readonly string[] {
  return [...new Set(words)].filter((word) => word !== "");
}
