import { systemActor } from "../../../access/actor.ts";
import { ConfigError } from "../../../config.ts";
import type { Deps } from "../../../deps.ts";
import { isDuplicate } from "../../../store/driver-errors.ts";
import { hashPassword } from "../passwords/password-hash.ts";
import { createFindPasswordProblem } from "../passwords/password-rule.ts";
import {
  emailColumns,
  firstNameColumns,
  lastNameColumns,
  usernameColumns,
} from "./user-columns.ts";
import { hasAnyUser, insertUser } from "./user-store.ts";

/** Who can sign in to a new server. */
export interface FirstAdmin {
  readonly email: string;
  readonly password: string;
  /** Whether the password was made here, and is to be shown. */
  readonly generated: boolean;
}

const username = "admin";
const defaultEmail = "admin@tessera.local";

/** What of the first administrator is known before the server listens. */
export interface FirstAdminPlan {
  /** `undefined`: there are users, and nobody is to be made. */
  readonly admin: FirstAdmin | undefined;
  /** The settings that say something of an administrator who is there already. */
  readonly ignoredSettings: readonly string[];
}

/** Looks whether one is to be made. Throws `ConfigError` where the configured password will not do. */
export async function planFirstAdmin({
  config,
  database,
  randomBytes,
}: Pick<Deps, "config" | "database" | "randomBytes">): Promise<FirstAdminPlan> {
  if (await hasAnyUser(database.read)) {
    const ignored = {
      TESSERA_ADMIN_EMAIL: config.admin_email,
      TESSERA_ADMIN_PASSWORD: config.admin_password,
    };
    const ignoredSettings = Object.entries(ignored).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    );
    return { admin: undefined, ignoredSettings };
  }
  const admin = {
    email: config.admin_email ?? defaultEmail,
    password: config.admin_password ?? generatePassword(randomBytes),
    generated: config.admin_password === undefined,
  };
  const identity = { username, email: admin.email };
  const problem = createFindPasswordProblem(config)(admin.password, identity);
  if (problem !== undefined && !admin.generated) {
    throw new ConfigError(`TESSERA_ADMIN_PASSWORD ${problem}`);
  }
  return { admin, ignoredSettings: [] };
}

/**
 * Makes the administrator of a database without any user; `undefined` where there is one, also by another process.
 * Only where the password is shown for sure: it is kept nowhere.
 */
export async function createFirstAdmin(
  deps: Deps,
  plan?: FirstAdminPlan,
): Promise<FirstAdmin | undefined> {
  const { admin } = plan ?? (await planFirstAdmin(deps));
  if (admin === undefined) return undefined;
  const passwordHash = await hashPassword(admin.password);
  try {
    return (await insertAdmin(deps, admin, passwordHash)) ? admin : undefined;
  } catch (error) {
    if (isDuplicate(error, "user_username") || isDuplicate(error, "user_email")) return undefined;
    throw error;
  }
}

async function insertAdmin(
  { hub, newId, clock }: Deps,
  { email, generated }: FirstAdmin,
  passwordHash: string,
): Promise<boolean> {
  const id = newId();
  return hub.change(systemActor, async ({ trx, record }) => {
    if (await hasAnyUser(trx)) return false;
    const now = clock();
    await insertUser(trx, {
      id,
      ...usernameColumns(username),
      ...emailColumns(email),
      ...firstNameColumns("Platform"),
      ...lastNameColumns("Administrator"),
      role: "admin",
      password_hash: passwordHash,
      password_is_initial: generated ? 1 : 0,
      created_at: now,
    });
    record({ name: "users.register", entityId: id });
    return true;
  });
}

/** Without the letters and digits that look alike. */
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

/** 100 random bits, as four groups that can be typed: `k7m2p-x9fhd-…`. */
export function generatePassword(randomBytes: Deps["randomBytes"]): string {
  const letters = [...randomBytes(20)].map((byte) => alphabet.charAt(byte % alphabet.length));
  return letters.join("").replaceAll(/.{5}(?=.)/g, "$&-");
}
