import type { OutboxTarget } from "../../changes/deliver.ts";
import type { Deps } from "../../deps.ts";
import { findRecord } from "./chain-store.ts";
import { jsonLine } from "./json-lines.ts";
import { appendToFile, type LinesPlace } from "./lines-file.ts";
import { createSyslog } from "./syslog.ts";

/** All that is recorded goes on to syslog and into a file, where they are set: at least once, with its id, in order. */
export function forwardTargets(
  deps: Pick<Deps, "config" | "database" | "clock">,
): readonly OutboxTarget[] {
  const { audit_syslog: server, audit_file: file } = deps.config;
  return [
    ...(server === undefined
      ? []
      : [forwardTarget(deps, "audit_syslog", createSyslog(server, "audit"))]),
    ...(file === undefined
      ? []
      : [forwardTarget(deps, "audit_file", (lines) => appendToFile(file, lines))]),
  ];
}

/** The targets of the outbox that hear of all that is recorded, by their names. */
export function forwardNames(deps: Parameters<typeof forwardTargets>[0]): readonly string[] {
  return forwardTargets(deps).map(({ name }) => name);
}

/** Tells the record as it is stored, so that what was forwarded can be verified like an export. */
function forwardTarget(
  { database, clock }: Pick<Deps, "database" | "clock">,
  name: string,
  send: LinesPlace,
): OutboxTarget {
  return {
    name,
    wants: () => true,
    tell: async ({ id }) => {
      const row = await findRecord(database, id);
      // It was kept long enough, and is removed.
      if (row !== undefined) await send([jsonLine(row)], clock());
    },
  };
}
