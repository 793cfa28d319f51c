import type { EventName } from "@tessera/contract";
import type { RecordedEvent } from "../../changes/recorded-event.ts";
import type { NoticeOfLetter } from "../../letter.ts";

/** What gives people a role in a domain, or takes it from them. */
const changes: readonly EventName[] = [
  "domains.roles.add_members",
  "domains.roles.move_members",
  "domains.roles.remove_members",
  "domains.roles.remove_members_from_all",
];

/** Of which events very many people may be told at once, in the app alone; not whoever did it. */
export const roleNotices: ReadonlyMap<string, (event: RecordedEvent) => readonly NoticeOfLetter[]> =
  new Map(changes.map((name) => [name, ofRole]));

function ofRole({
  domainId,
  actor,
  details: { members },
}: RecordedEvent): readonly NoticeOfLetter[] {
  if (domainId === null || !Array.isArray(members)) return [];
  return members
    .filter((userId) => userId !== actor.userId)
    .map((userId: string) => ({ kind: "domain_role_changed", userId, domainId }));
}
