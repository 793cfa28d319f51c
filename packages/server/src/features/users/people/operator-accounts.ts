import { AppError, type Endpoint, userEndpoints } from "@tessera/contract";
import { systemActor } from "../../../access/actor.ts";
import type { Deps } from "../../../deps.ts";
import { hashPassword } from "../passwords/password-hash.ts";
import { endSessionsOfUser } from "../sessions/session-store.ts";
import { refuseNameOfAdministrator } from "./administrator-name.ts";
import { namingDuplicates } from "./change-user.ts";
import { generatePassword } from "./first-admin.ts";
import {
  emailColumns,
  firstNameColumns,
  lastNameColumns,
  usernameColumns,
} from "./user-columns.ts";
import { findUserBySignInName, insertUser, requireUser, updateUser } from "./user-store.ts";

/** An account as the operator of the machine is told of it. */
export interface OpenedAccount {
  readonly username: string;
  readonly email: string;
  readonly status: string;
  readonly password: string;
}

type OperatorDeps = Pick<Deps, "config" | "database" | "hub" | "clock" | "newId" | "randomBytes">;

/** Gives the user of that username or email a new password, and ends all sessions; throws 404 where there is none. */
export async function resetPassword(
  { database, hub, clock, randomBytes }: OperatorDeps,
  name: string,
): Promise<OpenedAccount> {
  const found = await findUserBySignInName(database.read, name);
  if (found === undefined || found.status === "deleted") {
    throw new AppError("not_found", `There is no user ${name}`);
  }
  const password = generatePassword(randomBytes);
  const passwordHash = await hashPassword(password);
  return hub.change(systemActor, async ({ trx, touch, record }) => {
    const now = clock();
    const { id, username, email, status } = await requireUser(trx, found.id);
    touch("user", id);
    await endSessionsOfUser(trx, { userId: id, at: now });
    await updateUser(trx, id, {
      password_hash: passwordHash,
      password_is_initial: 1,
      updated_at: now,
    });
    record({ name: "users.reset_password_on_machine", entityId: id });
    return { username, email, status, password };
  });
}

/** Makes one more administrator; throws an `AppError` where the name or the email will not do. */
export async function createAdmin(
  { hub, clock, newId, randomBytes }: OperatorDeps,
  { username, email }: { readonly username: string; readonly email: string },
): Promise<OpenedAccount> {
  const password = generatePassword(randomBytes);
  const name = { first_name: username, last_name: "Administrator" };
  requireRegistrable({ ...name, email, credentials: { username, secret: password } });
  const passwordHash = await hashPassword(password);
  const id = newId();
  return namingDuplicates({ username: "NAME", email: "E-MAIL" }, () =>
    hub.change(systemActor, async ({ trx, record }) => {
      await refuseNameOfAdministrator(trx, { userId: id, to: name });
      await insertUser(trx, {
        id,
        ...usernameColumns(username),
        ...emailColumns(email),
        ...firstNameColumns(name.first_name),
        ...lastNameColumns(name.last_name),
        role: "admin",
        password_hash: passwordHash,
        password_is_initial: 1,
        created_at: clock(),
      });
      record({ name: "users.register", entityId: id });
      return { username, email, status: "enabled", password };
    }),
  );
}

/** By the rules for everybody. */
function requireRegistrable(person: object): void {
  const rows: readonly Endpoint[] = userEndpoints;
  const parsed = rows.find(({ id }) => id === "users.register")?.body?.safeParse(person);
  if (parsed?.success !== false) return;
  const [issue] = parsed.error.issues;
  throw new AppError(
    "invalid_body",
    `${issue?.path.at(-1)?.toString() ?? ""}: ${issue?.message ?? ""}`,
  );
}
