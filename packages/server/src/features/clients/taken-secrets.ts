import type { Deps } from "../../deps.ts";
import { takenProblem } from "../../entities/entity-creation.ts";
import { mapInTurns } from "../../http/in-turns.ts";
import { createRateLimit, requireRate, sayTooMany } from "../../http/rate-limit.ts";
import type { Trx } from "../../store/database.ts";
import { findTakenDigests } from "./client-store.ts";

/** That one is refused tells that a client has it: so many of one user in a minute are no way to guess secrets. */
const refusalsPerMinute = 10;

/** A secret that somebody chose for a client. */
interface ChosenSecret {
  /** Under the present key. */
  readonly digest: string;
  readonly secret: string;
  /** How an error names it. */
  readonly field: string;
}

interface Wanted {
  readonly domainId: string;
  readonly userId: string;
  readonly secrets: readonly ChosenSecret[];
  /** The client that gets the secret, where it is there already. */
  readonly clientId?: string;
}

/** Throws 409 where a client of the domain has one of the secrets, or two of them are the same. */
export type RefuseTakenSecrets = (trx: Trx, wanted: Wanted) => Promise<void>;

export function createRefuseTakenSecrets({
  keys,
  clock,
  log,
}: Pick<Deps, "keys" | "clock" | "log">): RefuseTakenSecrets {
  const refusals = createRateLimit(
    { count: refusalsPerMinute, perMilliseconds: 60_000, burst: refusalsPerMinute },
    clock,
  );
  return async (trx, { domainId, userId, secrets, clientId }) => {
    if (secrets.length === 0) return;
    requireRate(refusals, userId, sayTooMany("client secrets that are taken"));
    // First, so that nobody makes a creation fail in any case and reads from the error which secrets there are.
    requireDifferent(secrets);
    // What others chose is stored under the key of that time.
    const digestsOf = ({ secret }: ChosenSecret) =>
      keys.versions.map((version) => keys.digest("client-secret", secret, version));
    const each = await mapInTurns(secrets, (secret) => [secret, digestsOf(secret)] as const);
    const digests = new Map(each);
    const taken = await findTakenDigests(trx, domainId, [...digests.values()].flat(), clientId);
    const found = secrets.find((secret) => digests.get(secret)?.some((one) => taken.has(one)));
    if (found === undefined) return;
    refusals.count(userId);
    log.warn({ userId, domainId }, "A secret was chosen that another client has");
    throw takenProblem(found.field);
  };
}

function requireDifferent(secrets: readonly ChosenSecret[]): void {
  const seen = new Set<string>();
  for (const { digest, field } of secrets) {
    if (seen.has(digest)) throw takenProblem(field);
    seen.add(digest);
  }
}
