import { AppError, maximumCount, type Target } from "@tessera/contract";
import type { Actor } from "../../access/actor.ts";
import type { ChangeHub } from "../../changes/change-hub.ts";
import type { EventInput } from "../../changes/recorded-event.ts";
import type { Weigh } from "../../http/fair-shares.ts";
import type { Trx } from "../../store/database.ts";
import { forEachChunk } from "../../store/row-chunks.ts";
import {
  countMembersAndInvitations,
  deleteInvitations,
  deleteRoleMembers,
  deleteSomeRolesOnObjects,
  hasBuiltInMember,
  hasBuiltInMemberBeside,
  listSelected,
  type MemberSelection,
} from "./role-store.ts";

/** So many go in less than a tenth of a second. */
const rolesOfPart = 5000;

/** What was taken: a part of it is to be followed by another one. */
export interface TakenRoles {
  readonly isPart: boolean;
  /** From whom. */
  readonly userIds: readonly string[];
}

/** What a change of a role did. */
export interface Done {
  /** The same is to be done again. */
  readonly isPart?: boolean;
  /** For the record. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/**
 * Takes roles from people. Who loses that on a domain loses all in it, which may be a role on each of very many
 * objects: these are taken in parts before, so that others make changes in between. A domain keeps an administrator:
 * `refuseLast` is what is thrown else.
 */
export async function takeRoles(
  trx: Trx,
  selection: MemberSelection,
  weigh: Weigh,
  refuseLast: () => AppError = lastAdministrator,
): Promise<TakenRoles> {
  if (selection.userIds === undefined) await requireFewMembers(trx, selection, weigh);
  if (selection.target.entityType !== "domains") {
    return { isPart: false, userIds: await deleteRoleMembers(trx, selection) };
  }
  await requireAdministratorLeft(trx, selection, refuseLast);
  const { domainId } = selection.target;
  const losing = await listSelected(trx, selection);
  const taken = new Set<string>();
  let count = 0;
  await forEachChunk(losing, async (userIds) => {
    const most = rolesOfPart - count;
    if (most === 0) return;
    const removed = await deleteSomeRolesOnObjects(trx, domainId, userIds, most);
    for (const userId of removed) taken.add(userId);
    count += removed.length;
  });
  weigh(count);
  if (count === rolesOfPart) return { isPart: true, userIds: [...taken] };
  await deleteInvitations(trx, domainId, losing);
  return { isPart: false, userIds: await deleteRoleMembers(trx, selection) };
}

/** Of people whose roles are all taken. */
interface TakeAll {
  readonly actor: Actor;
  readonly weigh: Weigh;
  readonly selection: MemberSelection & Required<Pick<MemberSelection, "userIds">>;
  readonly eventName: EventInput["name"];
  readonly requireFirst?: (trx: Trx) => Promise<void>;
  readonly refuseLast?: () => AppError;
}

/** Takes every role on the object from these people, in as many changes as it takes, each with its record. */
export async function takeAllRoles(
  hub: ChangeHub,
  { actor, weigh, selection, eventName, requireFirst, refuseLast }: TakeAll,
): Promise<void> {
  const { domainId, entityId } = selection.target;
  const takePart = () =>
    hub.change(actor, async ({ trx, touch, relyOn, record }) => {
      // Of two last administrators who go at once, one is asked again.
      relyOn("domain", domainId);
      await requireFirst?.(trx);
      const { isPart, userIds: members } = await takeRoles(trx, selection, weigh, refuseLast);
      touch("domain", domainId, { takesNothing: members.length === 0 });
      record({ name: eventName, domainId, entityId, details: { members } });
      return isPart;
    });
  while (await takePart());
}

async function requireFewMembers(
  trx: Trx,
  selection: MemberSelection,
  weigh: Weigh,
): Promise<void> {
  const count = await countMembersAndInvitations(trx, selection, maximumCount.dependents + 1);
  weigh(count);
  if (count <= maximumCount.dependents) return;
  throw new AppError(
    "limit_reached",
    `roleId: the role has more than ${maximumCount.dependents} members and invitations to it; remove members in parts first, by their ids`,
    { field: "roleId" },
  );
}

async function requireAdministratorLeft(
  trx: Trx,
  selection: MemberSelection,
  refuseLast: () => AppError,
): Promise<void> {
  if (await hasBuiltInMemberBeside(trx, selection)) return;
  if (await hasBuiltInMember(trx, selection.target)) throw refuseLast();
}

/** For what gives people another role instead. */
export async function keepingAdministrator(
  trx: Trx,
  target: Target,
  work: () => Promise<void>,
): Promise<void> {
  const hadOne = target.entityType === "domains" && (await hasBuiltInMember(trx, target));
  await work();
  if (hadOne && !(await hasBuiltInMember(trx, target))) throw lastAdministrator();
}

function lastAdministrator(): AppError {
  return new AppError(
    "protected_role",
    "A domain's admin role keeps at least one member; add another one first",
  );
}

export function asDone({ isPart, userIds: members }: TakenRoles): Done {
  return { isPart, more: { members } };
}

/** Of a whole role the members are too many for one record. */
export function onlyPart(taken: TakenRoles): Done | undefined {
  return taken.isPart ? asDone(taken) : undefined;
}
