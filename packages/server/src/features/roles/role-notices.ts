import type { EventName } from "@tessera/contract";
import type { RecordedEvent } from "../../changes/recorded-event.ts";
import { type NoticeOfLetter, sentBy } from "../../letter.ts";

type Change = "given" | "taken";

/** What gives people a role in a domain, or takes it from them. */
const changes: readonly (readonly [EventName, Change])[] = [
  ["domains.roles.add", "given"],
  ["domains.roles.add_members", "given"],
  ["domains.roles.move_members", "given"],
  ["domains.roles.remove_members", "taken"],
  ["domains.roles.remove_members_from_all", "taken"],
];

/** Of which events very many people may be told at once, in the app alone; not whoever did it. */
export const roleNotices: ReadonlyMap<string, (event: RecordedEvent) => readonly NoticeOfLetter[]> =
  new Map(changes.map(([name, change]) => [name, (event) => ofRole(event, change)]));

function ofRole(
  { at, domainId, actor, details: { members } }: RecordedEvent,
  change: Change,
): readonly NoticeOfLetter[] {
  if (domainId === null || !Array.isArray(members)) return [];
  // Nobody agrees to a role: whoever gives and takes one time and again fills nobody's list.
  const sent = sentBy(actor.userId, at);
  const cause = `${domainId} ${change}`;
  return members
    .filter((userId) => userId !== actor.userId)
    .map((userId: string) => ({ kind: "domain_role_changed", userId, sent, cause, domainId }));
}
