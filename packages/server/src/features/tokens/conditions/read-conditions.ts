import { AppError, type Conditions, type conditionsChange, readWireTime } from "@tessera/contract";
import type { z } from "zod";
import { readNetwork } from "./address-ranges.ts";

type ConditionsChange = z.output<typeof conditionsChange>;

/**
 * The conditions of a request as they are kept, `undefined` where it names none. `at`: the name of the member that holds
 * them, with a dot, or nothing. Throws 400 where an address has bits beyond its network, with what was meant, and where
 * the token would end before it begins.
 */
export function readConditions(
  given: Conditions | undefined,
  { at, expiresAt }: { readonly at: string; readonly expiresAt: number },
): Conditions | undefined {
  if (given === undefined || Object.keys(given).length === 0) return undefined;
  const { addresses, not_before } = given;
  const notBefore = readWireTime(not_before);
  if (notBefore !== null && notBefore >= expiresAt) {
    const field = `${at}not_before`;
    const end = new Date(expiresAt).toISOString();
    throw refused(field, `must be before the token ends, which is ${end}`);
  }
  if (addresses === undefined) return given;
  const readAll = (name: "allow" | "deny") =>
    addresses[name]?.map((text, index) => wellWritten(text, `${at}addresses.${name}.${index}`));
  const [allow, deny] = [readAll("allow"), readAll("deny")];
  return {
    ...given,
    addresses: {
      ...(allow === undefined ? {} : { allow }),
      ...(deny === undefined ? {} : { deny }),
    },
  };
}

/** What is stored, changed as a request says; `null`: none is left. */
export function changeConditions(
  stored: Conditions | undefined,
  change: ConditionsChange,
): Conditions | undefined {
  const changed = Object.entries({ ...stored, ...change }).filter(([, value]) => value != null);
  return changed.length === 0 ? undefined : (Object.fromEntries(changed) as Conditions);
}

function wellWritten(text: string, field: string): string {
  const network = readNetwork(text);
  if (network.hasHostBits) {
    throw refused(field, `${text} has bits beyond its network; write ${network.text}`);
  }
  return network.text;
}

function refused(field: string, problem: string): AppError {
  return new AppError("invalid_body", `${field}: ${problem}`, { field });
}
