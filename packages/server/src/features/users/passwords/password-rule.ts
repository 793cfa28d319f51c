import { AppError } from "@tessera/contract";
import { dictionary } from "@zxcvbn-ts/language-common";
import type { Config } from "../../../config.ts";

/** Whose password it is to be. */
export interface PasswordOwner {
  readonly username: string;
  readonly email: string;
}

/** What is wrong with the password, as the end of a sentence; `undefined` for one that will do. */
export type FindPasswordProblem = (password: string, owner: PasswordOwner) => string | undefined;

/** Throws 400 for a password that will not do; `field` is its place in the body. */
export type RequireStrongPassword = (password: string, field: string, owner: PasswordOwner) => void;

/** Names that are shorter stand in many words. */
const minimumNameLength = 3;
/** What a password must have beside its owner's names. */
const minimumRest = 4;
const minimumDifferent = 4;
const unseen = /[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]/gu;
const commonPasswords: ReadonlySet<string> = new Set(dictionary["passwords-common"]);

export function createPasswordRule(config: Config): RequireStrongPassword {
  const findProblem = createFindPasswordProblem(config);
  return (password, field, owner) => {
    const problem = findProblem(password, owner);
    if (problem === undefined) return;
    throw new AppError("weak_password", `${field}: ${problem}`, { field });
  };
}

/** The setting `password_pattern`, and what every guesser tries first: NIST SP 800-63B, section 3.1.1.2. */
export function createFindPasswordProblem(config: Config): FindPasswordProblem {
  const pattern = new RegExp(config.password_pattern, "u");
  return (password, owner) => {
    if (!pattern.test(password)) return `must match ${config.password_pattern}`;
    const key = comparable(password);
    if (isLittleMoreThan(key, namesOf(owner))) {
      return "must not be the username or the email address, or little more than that";
    }
    if (new Set(key.replaceAll(unseen, "")).size < minimumDifferent) {
      return `must have at least ${minimumDifferent} different visible characters`;
    }
    if (commonPasswords.has(key)) {
      return "is one of the most common passwords; choose one that nobody would guess";
    }
    return undefined;
  };
}

function namesOf({ username, email }: PasswordOwner): readonly string[] {
  const localPart = email.slice(0, email.lastIndexOf("@"));
  return [email, localPart, username]
    .map(comparable)
    .filter(({ length }) => length >= minimumNameLength)
    .toSorted((a, b) => b.length - a.length);
}

function isLittleMoreThan(password: string, names: readonly string[]): boolean {
  const rest = names.reduce((text, name) => text.replaceAll(name, ""), password);
  return rest !== password && rest.length < minimumRest;
}

function comparable(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}
