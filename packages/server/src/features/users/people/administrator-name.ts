import { AppError, lettersOf } from "@tessera/contract";
import { looksAlike } from "../../../looks.ts";
import type { Trx } from "../../../store/database.ts";
import { listEnabledAdmins } from "./administrator-name-store.ts";

/** The names that people are shown of a person, one after the other. */
export interface PersonName {
  readonly first_name: string;
  readonly last_name: string;
}

/** Somebody who comes to be called `to`; `from`: what they are called until now. */
interface Naming {
  readonly userId: string;
  readonly from?: PersonName;
  readonly to: PersonName;
}

/**
 * Throws 409 where people would take the new name for that of an enabled administrator who is somebody else.
 * Who has such a name already, because the other became an administrator later, keeps it.
 */
export async function refuseNameOfAdministrator(
  trx: Trx,
  { userId, from, to }: Naming,
): Promise<void> {
  const key = personNameKey(to);
  if (key === "" || (from !== undefined && personNameKey(from) === key)) return;
  const admins = await listEnabledAdmins(trx);
  const others = admins.filter(({ id }) => id !== userId);
  const isTaken = others.some(
    (admin) => personNameKey(admin) === key || looksAlike(shownName(admin), shownName(to)),
  );
  if (!isTaken) return;
  const field = from?.first_name === to.first_name ? "last_name" : "first_name";
  const message = "first_name and last_name are those of an administrator; choose another name";
  throw new AppError("already_exists", message, { field });
}

function shownName({ first_name, last_name }: PersonName): string {
  return `${first_name} ${last_name}`;
}

/** The same for names that people would take for each other, wherever the last name begins. */
export function personNameKey(name: PersonName): string {
  return lettersOf(shownName(name));
}
