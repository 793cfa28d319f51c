import type { SecretUses } from "../features/tokens/lifecycle/identify.ts";

/** Nothing follows from a secret's being shown. */
export const noSecretUses: SecretUses = {
  endedShown: async () => {},
  shownUnderOldKey: () => {},
};
