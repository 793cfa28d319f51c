import { z } from "zod";
import { parseDuration } from "./duration.ts";
import { maximumCount, maximumLength } from "./limits.ts";
import { nearest } from "./nearest.ts";
import { timezone } from "./timezone.ts";
import { instant, oneOf } from "./wire.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

/** The days of a week, in the order of ISO 8601. */
export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];

const forms = {
  address: [z.ipv4(), z.ipv6()],
  network: [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
} as const;

function addressText(form: keyof typeof forms, error: string) {
  return z
    .string()
    .max(maximumLength.address, { error })
    .refine((value) => forms[form].some((schema) => schema.safeParse(value).success), { error });
}

/** One address of a network, without a zone. */
export const address = addressText(
  "address",
  "must be an IPv4 or IPv6 address without a zone, like 203.0.113.7 or 2001:db8::1",
);

const network = addressText(
  "network",
  "must be an address or a network without a zone, like 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32",
);

/** Refuses members that it does not have: one that is misspelt would be a condition that nobody asks. */
function onlyWith<const Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `has no member ${JSON.stringify(issue.keys[0])}; did you mean ${nearest(issue.keys[0] ?? "", known)}?`
        : undefined,
  });
}

const networks = z
  .array(network)
  .min(1, { error: "must not be empty; leave it out instead" })
  .optional();

const addresses = onlyWith({
  allow: networks.describe("Only from these; from everywhere where not said"),
  deny: networks.describe("Never from these, also where they are within `allow`"),
})
  .refine(({ allow, deny }) => allow !== undefined || deny !== undefined, {
    error: "must have allow or deny",
  })
  .refine(
    ({ allow = [], deny = [] }) => allow.length + deny.length <= maximumCount.conditionAddresses,
    { error: `must have at most ${maximumCount.conditionAddresses} entries in all` },
  )
  .describe("From where: addresses and networks, IPv4 or IPv6. From an unknown address it is no");

const timeOfDay = (end: string) =>
  z.string().regex(new RegExp(`^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]${end})$`), {
    error: "must be a time of day, like 07:00 or 23:30",
  });

const window = onlyWith({
  days: z
    .array(oneOf(weekdays))
    .min(1, { error: "must not be empty" })
    .max(weekdays.length, { error: "must name each day once" })
    .describe("On which it begins"),
  from: timeOfDay(""),
  to: timeOfDay("|24:00").describe(
    "When it is over; where that is earlier than `from`, on the next day",
  ),
}).refine(({ from, to }) => from !== to, {
  error: "must not be as early as from; a whole day is 00:00 to 24:00",
  path: ["to"],
});

const weekly = onlyWith({
  timezone,
  windows: z
    .array(window)
    .min(1, { error: "must not be empty" })
    .max(maximumCount.conditionWindows, {
      error: `must be at most ${maximumCount.conditionWindows}`,
    }),
}).describe(
  "When in the week, by what the clocks show there: an hour that comes twice is in twice",
);

const rate = onlyWith({
  limit: z.int().min(1).max(maximumCount.ratedUses),
  per: z
    .string()
    .max(maximumLength.duration)
    .refine((text) => isBetween(parseDuration(text), 1000, day), {
      error: "must be between 1s and 24h, like 1m",
    }),
}).describe("How often, on each server: so many uses at once, and as many again in each such time");

const notBefore = instant.describe("From when on; before the token ends");
const maxUses = z
  .int()
  .min(1)
  .max(maximumCount.limitedUses)
  .describe("How often in all, on all servers together; see docs/conditions.md for what is a use");

/** Where, when and how often a token works; what is left out does not matter. */
export const conditions = onlyWith({
  addresses: addresses.optional(),
  not_before: notBefore.optional(),
  weekly: weekly.optional(),
  max_uses: maxUses.optional(),
  rate: rate.optional(),
});

/** What a change says of conditions: `null` takes one away, and what is left out stays. */
export const conditionsChange = onlyWith({
  addresses: addresses.nullable().optional(),
  not_before: notBefore.nullable().optional(),
  weekly: weekly.nullable().optional(),
  max_uses: maxUses.nullable().optional(),
  rate: rate.nullable().optional(),
});

export type Conditions = z.output<typeof conditions>;

function isBetween(value: number | undefined, least: number, most: number): boolean {
  return value !== undefined && value >= least && value <= most;
}
