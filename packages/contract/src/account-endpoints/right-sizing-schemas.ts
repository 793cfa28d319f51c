import { z } from "zod";
import { parseDuration } from "../duration.ts";
import { maximumLength } from "../limits.ts";
import { scopeWire } from "../scope.ts";
import { time } from "../wire.ts";
import { usageGaps } from "./token-schemas.ts";

const dayMilliseconds = 86_400_000;

/** How far back is looked. */
export const proposalWindow = z
  .string()
  .max(maximumLength.duration)
  .refine(isWindow, { error: "must be from 1d to 365d, like 90d" })
  .describe("How far back is looked, from `1d` to `365d`: longer than the token's rarest work");

function isWindow(text: string): boolean {
  const milliseconds = parseDuration(text) ?? 0;
  return milliseconds >= dayMilliseconds && milliseconds <= 365 * dayMilliseconds;
}

const why = z.string().describe("In words");
const scopeAndWhy = z.object({ scope: scopeWire, why });
const until = time.describe("Until when it can be undone");

/** What a token needs of its scopes, as far as its recorded uses tell. */
export const proposal = z.object({
  window: z.string(),
  since: time.describe("The start of the window; counted from the beginning of that UTC day"),
  scopes_now: z.array(scopeWire),
  scopes_proposed: z.array(scopeWire),
  dropped: z.array(scopeAndWhy),
  narrowed: z
    .array(
      z.object({
        scope: scopeWire,
        from: z.literal("*"),
        to: z.array(z.string()).describe("Ids of objects"),
        why,
      }),
    )
    .describe("All objects become those that were used; one that is made later is refused"),
  not_narrowed: z
    .array(scopeAndWhy)
    .describe("Scopes on all objects that were used and stay as they are"),
  not_judged: z.array(scopeAndWhy).describe("These stay, because the record cannot tell"),
  proof: z
    .object({
      uses: z.int().describe("Recorded uses that were decided again, by the proposed scopes"),
      operations: z.int(),
      objects: z.int(),
      would_refuse: z.int().describe("Of these uses, those that the proposal would refuse"),
      refused_already: z
        .int()
        .describe(
          "Of these uses, those that are refused with the present scopes too; looked for among the 1000 that were used last",
        ),
      not_decided: z
        .int()
        .describe(
          "Further uses, of objects that were not counted one by one; the scopes of their operations stay",
        ),
    })
    .describe("The recorded uses, decided again as they would be now with the proposed scopes"),
  complete: z.boolean().describe("Whether every use in the window is counted"),
  gaps: usageGaps.describe("Times for which some uses of this or other tokens are not counted"),
  longest_gap: z
    .object({
      days: z.int(),
      from: z.string().describe("UTC, YYYY-MM-DD"),
      to: z.string().describe("The last day of it"),
    })
    .optional()
    .describe(
      "The most days in a row without a use, within the window and the token's life; absent where it was used on each",
    ),
  notes: z.array(z.string()).describe("What to know before it is applied, in words"),
  etag: z.string().describe("Names this proposal, to apply it"),
  undo: z
    .object({ applied_at: time, until })
    .optional()
    .describe("Present while the last proposal that was applied can be undone"),
});

export const narrowedScopes = z.object({ scopes: z.array(scopeWire), undo_until: until });

export const restoredScopes = z.object({
  scopes: z.array(scopeWire),
  left_out: z
    .array(scopeWire)
    .describe("Scopes on objects that were deleted meanwhile; these do not come back"),
});
