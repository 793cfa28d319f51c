import { ownTimezone, type ReplyTo } from "@tessera/sdk";
import type { GivenOptions } from "./endpoint-input.ts";
import { single } from "./given-options.ts";
import type { AskServer } from "./narrow-token.ts";
import { formatReply, type OutputForm } from "./output.ts";
import { readAllPages } from "./paging.ts";
import { UsageError } from "./usage-error.ts";

/** What uses are counted by, and the member of the reply that has it. */
const members = {
  operation: "operations",
  object: "objects",
  address: "addresses",
  day: "days",
} as const;

export const usageChoices = [...Object.keys(members), "scope"];

type Scopes = ReplyTo<"tokens.list_scopes">;

/** What a token was used for; as a table only what it is counted by. */
export async function showUsage(
  given: GivenOptions,
  form: OutputForm,
  askServer: AskServer,
): Promise<string> {
  const tokenId = single(given, "tokenId") ?? "";
  const by = single(given, "by") ?? "operation";
  if (by === "scope") {
    if (given.has("days")) throw new UsageError("--by scope tells of 90 days: give no --days");
    if (given.has("timezone")) throw new UsageError("--by scope tells of no days: no --timezone");
    const read = (query: object) =>
      askServer((client) => client.tokens.list_scopes({ tokenId, query }));
    const reply = (await readAllPages(read, {})) as Scopes;
    return formatReply(form === "table" ? reply.scopes.map(toRow) : reply, form);
  }
  const choice = Object.entries(members).find(([name]) => name === by);
  if (choice === undefined) throw new UsageError(`--by is ${usageChoices.join(", ")}, not "${by}"`);
  const timezone = single(given, "timezone") ?? ownTimezone();
  const query = { by: choice[0] as keyof typeof members, ...readDays(given), timezone };
  const reply = await askServer((client) => client.tokens.usage({ tokenId, query }));
  if (form !== "table") return formatReply(reply, form);
  return formatReply(
    by === "day" ? reply.days.map(toDayRow(reply)) : (reply[choice[1]] ?? []),
    form,
  );
}

/** A day, and whose it is: of long ago no more is known than what was done in a day of UTC. */
function toDayRow({ timezone = "UTC", utc_before = "" }: ReplyTo<"tokens.usage">) {
  return ({ day, uses, refused }: ReplyTo<"tokens.usage">["days"][number]) => ({
    ...{ day, uses, refused },
    timezone: day < utc_before ? "UTC" : timezone,
  });
}

function readDays(given: GivenOptions): { readonly days?: number } {
  const text = single(given, "days");
  if (text === undefined) return {};
  if (!/^\d{1,3}$/.test(text)) throw new UsageError(`--days needs a whole number, not "${text}"`);
  return { days: Number(text) };
}

function toRow(scope: Scopes["scopes"][number]) {
  const { domain_id, entity_type, entity_id, operation, last_used_at, uses_90d } = scope;
  return {
    scope: `${entity_type}:${operation}:${entity_id}`,
    domain_id,
    last_used_at: last_used_at.startsWith("0001-") ? "never" : last_used_at,
    uses_90d: scope.uses_90d_is_minimum === true ? `at least ${uses_90d}` : uses_90d,
  };
}
