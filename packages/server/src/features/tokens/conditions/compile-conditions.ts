import { type Conditions, parseDuration, readWireTime } from "@tessera/contract";
import type { CompiledConditions } from "../../../access/compiled-conditions.ts";
import { compileWeekly } from "../../../access/weekly-hours.ts";
import { compileAddresses } from "./address-ranges.ts";

/** The conditions of a token as they are stored; `undefined`: it has none. */
export function readStoredConditions(stored: string | null): Conditions | undefined {
  return stored === null ? undefined : (JSON.parse(stored) as Conditions);
}

/** Makes conditions ready to be asked with every request. */
export function compileConditions(conditions: Conditions): CompiledConditions {
  const { addresses, not_before, weekly, max_uses, rate } = conditions;
  return {
    notBefore: readWireTime(not_before) ?? undefined,
    weekly: weekly === undefined ? undefined : compileWeekly(weekly),
    admitsAddress: addresses === undefined ? undefined : compileAddresses(addresses),
    maxUses: max_uses,
    rate:
      rate === undefined
        ? undefined
        : { limit: rate.limit, perMilliseconds: parseDuration(rate.per) ?? 0 },
    weight: weigh(conditions),
  };
}

/** Of any conditions, without their entries. */
const bareWeight = 20;

function weigh({ addresses: { allow = [], deny = [] } = {}, weekly }: Conditions): number {
  const openings = weekly?.windows.flatMap(({ days }) => days) ?? [];
  return bareWeight + allow.length + deny.length + openings.length;
}

/** Of a token that is stored. */
export function compileStored(stored: string | null): CompiledConditions | undefined {
  const conditions = readStoredConditions(stored);
  return conditions === undefined ? undefined : compileConditions(conditions);
}
