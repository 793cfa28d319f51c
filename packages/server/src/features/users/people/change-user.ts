import { AppError, type EventName } from "@tessera/contract";
import type { Actor } from "../../../access/actor.ts";
import type { SessionPrincipal } from "../../../access/principal.ts";
import type { Change } from "../../../changes/change-hub.ts";
import { changedFields } from "../../../changes/changed-fields.ts";
import type { EventInput } from "../../../changes/recorded-event.ts";
import type { Deps } from "../../../deps.ts";
import type { Trx } from "../../../store/database.ts";
import { isDuplicate } from "../../../store/driver-errors.ts";
import type { RowChange, UserStatus } from "../../../store/schema.ts";
import { toFullReply, type UserReply } from "./user-reply.ts";
import { hasAnotherAdmin, requireUser, type StoredUser, updateUser } from "./user-store.ts";

/** Which user is changed, and by whom. */
interface UserCall {
  readonly params: { readonly userId: string };
  readonly principal: SessionPrincipal;
  readonly actor: Actor<SessionPrincipal>;
}

interface InsideChange extends Pick<Change, "trx" | "record"> {
  /** Says what the event of this change has to tell besides. */
  detail(details: NonNullable<EventInput["details"]>): void;
}

/** Makes the rest of a change in its transaction; returns what is to be written into the user's row. */
type UserChange = (
  user: StoredUser,
  trx: Trx,
  now: number,
  change: InsideChange,
) => RowChange<"users"> | Promise<RowChange<"users">>;

/** Changes a user whose status is `requiredStatus` (else 409); returns the user as the caller sees them. */
export type ChangeUser = (
  call: UserCall,
  eventName: EventName,
  change: UserChange,
  requiredStatus?: readonly UserStatus[],
) => Promise<UserReply>;

/** They keep nobody waiting who takes a right away. */
const changesOfNoRight: ReadonlySet<EventName> = new Set<EventName>([
  "users.update",
  "users.update_username",
  "users.update_tags",
  "users.update_picture",
]);

export function createChangeUser({ hub, clock }: Deps): ChangeUser {
  return ({ params, principal, actor }, eventName, change, requiredStatus = ["enabled"]) =>
    namingDuplicates({ username: "username", email: "email" }, () =>
      hub.change(actor, async (inside) => {
        const { trx, touch, record } = inside;
        let details: EventInput["details"] = {};
        const detail: InsideChange["detail"] = (more) => {
          details = more;
        };
        const user = await requireUser(trx, params.userId);
        if (!requiredStatus.includes(user.status)) throw wrongStatus(user);
        const now = clock();
        const stamp = { updated_at: now, updated_by: principal.userId };
        // Before the writing, at which a conflict shows: what is done again is to go first.
        const takesNothing = changesOfNoRight.has(eventName);
        touch("user", user.id, { takesNothing });
        // The user before the sessions, in the order in which others lock them: else each would wait for the other.
        if (!takesNothing) await updateUser(trx, user.id, stamp);
        const changes = await change(user, trx, now, { ...inside, detail });
        await updateUser(trx, user.id, { ...changes, ...stamp });
        record({
          name: eventName,
          entityId: user.id,
          details: { ...details, ...told(user, changes) },
        });
        return toFullReply(await requireUser(trx, user.id), principal.userId);
      }),
    );
}

/** Not what a record must not keep when the user is gone: names and addresses of people. */
function told({ role, status }: StoredUser, changes: RowChange<"users">) {
  return changedFields({ role, status }, changes);
}

function wrongStatus({ status }: StoredUser): AppError {
  const hint = status === "disabled" ? "; enable the user first" : "";
  return new AppError("conflict", `The user is ${status}${hint}`);
}

/** Throws 409 where without this user nobody could administer the platform any more. */
export async function requireAnotherAdmin(trx: Trx, user: StoredUser): Promise<void> {
  if (user.role !== "admin" || user.status !== "enabled") return;
  if (await hasAnotherAdmin(trx, user.id)) return;
  throw new AppError("conflict", "This is the last enabled administrator of the platform");
}

/** Turns the database's refusal of a duplicate into an answer that names the field of the body. */
export async function namingDuplicates<T>(
  fields: { readonly username: string; readonly email: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isDuplicate(error, "user_username")) {
      const message = "This username is taken";
      throw new AppError("already_exists", message, { field: fields.username });
    }
    if (isDuplicate(error, "user_email")) {
      const message = "This email address is registered already";
      throw new AppError("already_exists", message, { field: fields.email });
    }
    throw error;
  }
}
