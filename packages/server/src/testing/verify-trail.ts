import { pino } from "pino";
import { parseConfig } from "../config.ts";
import { verifyAudit } from "../operator/verify-audit.ts";

/** What `tessera audit verify` says with these settings, by the checkpoints that the server wrote. */
export async function verifyTrail(environment: Readonly<Record<string, string>>) {
  const command = {
    kind: "audit_verify",
    exportFile: undefined,
    checkpointFiles: [],
    publicKeyFile: undefined,
  } as const;
  const config = parseConfig(environment);
  return verifyAudit(command, { config, log: pino({ level: "silent" }), folder: config.data_dir });
}
