import { z } from "zod";

/** The envelope of every list: `total` counts all matches, not the page. */
export function page<const Member extends string, Item extends z.ZodType>(
  member: Member,
  item: Item,
) {
  return z.object({
    total: z.int(),
    offset: z.int(),
    limit: z.int(),
    ...({ [member]: z.array(item) } as { [K in Member]: z.ZodArray<Item> }),
  });
}

/** The reply of a creation in bulk: no offset and limit. */
export function bulk<const Member extends string, Item extends z.ZodType>(
  member: Member,
  item: Item,
) {
  return z.object({
    total: z.int(),
    ...({ [member]: z.array(item) } as { [K in Member]: z.ZodArray<Item> }),
  });
}
