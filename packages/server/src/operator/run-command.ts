import { resolve } from "node:path";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Deps } from "../deps.ts";
import {
  createAdmin,
  type OpenedAccount,
  resetPassword,
} from "../features/users/people/operator-accounts.ts";
import { backUp, restore } from "./backup.ts";
import type { OperatorCommand } from "./command-line.ts";
import { migrateDatabase } from "./migrate-database.ts";
import { move } from "./move.ts";
import { openDeps } from "./open-deps.ts";
import { sentence } from "./printable.ts";
import { dropKey, listKeys, rotateKey } from "./server-keys.ts";

export interface OperatorWorld {
  readonly config: Config;
  readonly log: Logger;
  /** What relative names of files start from. */
  readonly folder: string;
}

/** Does one work of the operator's beside the server, or without one; returns what is to be said. */
export async function runCommand(command: OperatorCommand, world: OperatorWorld): Promise<string> {
  const { config, log, folder } = world;
  if (command.kind === "backup") return backUp(config, resolve(folder, command.file), Date.now());
  if (command.kind === "restore") return restore(config, resolve(folder, command.file));
  if (command.kind === "move") return move(config, command.to);
  if (command.kind === "migrate") return migrateDatabase(config, command);
  const deps = await openDeps(config, log, { isBesideServer: true });
  try {
    return await runWith(deps, command);
  } finally {
    await deps.database.close();
  }
}

type OpenedCommand = Exclude<
  OperatorCommand,
  { readonly kind: "backup" | "restore" | "migrate" | "move" }
>;

async function runWith(deps: Deps, command: OpenedCommand): Promise<string> {
  switch (command.kind) {
    case "create_admin":
      return accountText(await createAdmin(deps, command));
    case "reset_password":
      return accountText(await resetPassword(deps, command.name));
    case "rotate_key":
      return rotateKey(deps);
    case "list_keys":
      return listKeys(deps);
    case "drop_key":
      return dropKey(deps, command);
  }
}

function accountText({ username, email, status, password }: OpenedAccount): string {
  return [
    "Sign in with (this is shown once; change the password then):",
    `  username  ${sentence(username)}`,
    `  email     ${sentence(email)}`,
    `  password  ${password}`,
    ...(status === "disabled" ? ["The account is disabled: an administrator must enable it."] : []),
    "",
  ].join("\n");
}
