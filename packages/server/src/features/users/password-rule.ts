import { AppError } from "@tessera/contract";
import type { Config } from "../../config.ts";

/** Throws 400 for a password that the setting `password_pattern` does not allow; `field` is its place in the body. */
export type RequireStrongPassword = (password: string, field: string) => void;

export function createPasswordRule(config: Config): RequireStrongPassword {
  const pattern = new RegExp(config.password_pattern, "u");
  return (password, field) => {
    if (pattern.test(password)) return;
    const message = `${field}: must match ${config.password_pattern}`;
    throw new AppError("weak_password", message, { field });
  };
}
