import type { Catalogue } from "@tessera/contract";
import type { Logger } from "pino";
import type { ChangeHub } from "./changes/change-hub.ts";
import type { Config } from "./config.ts";
import type { Keys } from "./keys.ts";
import type { Database } from "./store/database.ts";

/** What every feature is built from; nothing in the server reads the world by any other way. */
export interface Deps {
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly database: Database;
  readonly hub: ChangeHub;
  readonly keys: Keys;
  /** Integer milliseconds since the epoch. */
  readonly clock: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  /** A new UUID, version 4. */
  readonly newId: () => string;
  readonly log: Logger;
}
