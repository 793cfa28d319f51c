import type { Catalogue, Target } from "@tessera/contract";
import { LRUCache } from "lru-cache";
import { type Authority, effectiveActions, noActions } from "../access/authority.ts";
import { everything } from "../changes/change-hub.ts";
import type { Deps } from "../deps.ts";
import { type DomainGrants, findDomainGrants, findObjectGrants } from "./held-actions-store.ts";

const maximumEntries = 50_000;

/** Answers what a user may do with a target now, at once where it is known; may stop looking once `action` is held. */
export type LoadAuthority = (
  userId: string,
  target: Target,
  action: string | null,
) => Authority | Promise<Authority>;

type Reader = Parameters<typeof findDomainGrants>[0];

/** A person in a domain, by the roles on the domain alone. */
interface Person {
  readonly grants: DomainGrants;
  /** By entity type: what the domain's roles give on every object of the type. */
  readonly ofType: Map<string, TypeAuthority>;
  /** A new one for each load: what was cached for an earlier load is never found again. */
  readonly serial: number;
}

interface TypeAuthority {
  readonly authority: Authority;
  /** Of the keys under which single objects of the type are cached. */
  readonly keyPrefix: string;
  /** Whether roles on the object and on groups can add something. */
  readonly isComplete: boolean;
}

const unknownDomain: Authority = {
  domainStatus: "unknown",
  isMember: false,
  isDomainAdmin: false,
  actions: noActions,
};

/** Loads authorities from the database and remembers them until something of their domain changes. */
export function createAuthorityLoader({
  catalogue,
  database,
  hub,
}: Pick<Deps, "catalogue" | "database" | "hub">): LoadAuthority {
  const people = new LRUCache<string, Person>({
    max: maximumEntries,
    dispose: (_person, key) => forgetKey(key),
  });
  /** Who asked for a domain that is not there, kept apart so that guesses push out nobody who is known. */
  const strangers = new LRUCache<string, true>({
    max: maximumEntries,
    dispose: (_is, key) => forgetKey(key),
  });
  const keysByDomain = new Map<string, Set<string>>();
  const objects = new LRUCache<string, Authority>({ max: maximumEntries });
  let lastSerial = 0;

  hub.onTouched((key) => {
    if (key === everything) {
      people.clear();
      strangers.clear();
    } else if (key.startsWith("domain:")) {
      for (const personKey of [...(keysByDomain.get(key.slice(7)) ?? [])]) {
        people.delete(personKey);
        strangers.delete(personKey);
      }
    }
  });

  return (userId, target, action) => {
    const epoch = hub.epoch();
    const person = epoch === undefined ? undefined : people.get(userId + target.domainId);
    if (person === undefined && epoch !== undefined) {
      // Asking a second time tells as little by its time as by its answer.
      if (strangers.get(userId + target.domainId) === true) return unknownDomain;
    }
    if (person === undefined) return load(userId, target, action, epoch);
    const byDomain = typeAuthorityOf(catalogue, person, target.entityType);
    if (isEnough(byDomain, action)) return byDomain.authority;
    return (
      objects.get(byDomain.keyPrefix + target.entityId) ??
      loadObject(userId, target, person, byDomain, epoch)
    );
  };

  async function load(
    userId: string,
    target: Target,
    action: string | null,
    epoch: number | undefined,
  ): Promise<Authority> {
    lastSerial += 1;
    const person = await readPerson(database.read, catalogue, userId, target, lastSerial);
    if (person === undefined) {
      if (isStillTrue(epoch)) rememberStranger(userId + target.domainId, target.domainId);
      return unknownDomain;
    }
    if (isStillTrue(epoch)) remember(userId + target.domainId, target.domainId, person);
    const byDomain = typeAuthorityOf(catalogue, person, target.entityType);
    if (isEnough(byDomain, action)) return byDomain.authority;
    return loadObject(userId, target, person, byDomain, epoch);
  }

  async function loadObject(
    userId: string,
    target: Target,
    person: Person,
    byDomain: TypeAuthority,
    epoch: number | undefined,
  ): Promise<Authority> {
    const loaded = await readObject(database.read, catalogue, userId, target, person, byDomain);
    if (isStillTrue(epoch)) objects.set(byDomain.keyPrefix + target.entityId, loaded);
    return loaded;
  }

  /** Whether nothing has changed since, so that what was read may be remembered. */
  function isStillTrue(epoch: number | undefined): boolean {
    return epoch !== undefined && hub.epoch() === epoch;
  }

  function remember(key: string, domainId: string, person: Person): void {
    people.set(key, person);
    noteKey(key, domainId);
  }

  function rememberStranger(key: string, domainId: string): void {
    strangers.set(key, true);
    noteKey(key, domainId);
  }

  function noteKey(key: string, domainId: string): void {
    const keys = keysByDomain.get(domainId) ?? new Set();
    keysByDomain.set(domainId, keys.add(key));
  }

  function forgetKey(key: string): void {
    const domainId = key.slice(-36);
    const keys = keysByDomain.get(domainId);
    keys?.delete(key);
    if (keys?.size === 0) keysByDomain.delete(domainId);
  }
}

/** Loads authorities as one transaction reads them; what it has read of a person in a domain is not read again. */
export function readAuthoritiesIn(trx: Reader, catalogue: Catalogue): LoadAuthority {
  const people = new Map<string, Person | undefined>();
  return async (userId, target, action) => {
    const key = userId + target.domainId;
    if (!people.has(key)) people.set(key, await readPerson(trx, catalogue, userId, target, 0));
    const person = people.get(key);
    if (person === undefined) return unknownDomain;
    const byDomain = typeAuthorityOf(catalogue, person, target.entityType);
    if (isEnough(byDomain, action)) return byDomain.authority;
    return readObject(trx, catalogue, userId, target, person, byDomain);
  };
}

/** `undefined`: there is no such domain. */
async function readPerson(
  db: Reader,
  catalogue: Catalogue,
  userId: string,
  { domainId }: Target,
  serial: number,
): Promise<Person | undefined> {
  const grants = await findDomainGrants(db, catalogue, userId, domainId);
  if (grants === undefined || grants.status === "deleted") return undefined;
  return { grants, ofType: new Map(), serial };
}

async function readObject(
  db: Reader,
  catalogue: Catalogue,
  userId: string,
  target: Target,
  { grants }: Person,
  { authority }: TypeAuthority,
): Promise<Authority> {
  const type = catalogue.findEntityType(target.entityType);
  if (type === undefined) return authority;
  const held = await findObjectGrants(db, catalogue, userId, target);
  return {
    ...authority,
    actions: effectiveActions(catalogue, type, { ...held, domain: grants.actions }),
  };
}

function typeAuthorityOf(catalogue: Catalogue, person: Person, typeName: string): TypeAuthority {
  const known = person.ofType.get(typeName);
  if (known !== undefined) return known;
  const made = makeTypeAuthority(catalogue, person, typeName);
  person.ofType.set(typeName, made);
  return made;
}

function makeTypeAuthority(
  catalogue: Catalogue,
  { grants, serial }: Person,
  typeName: string,
): TypeAuthority {
  const type = catalogue.findEntityType(typeName);
  const { status, isMember, isDomainAdmin, actions } = grants;
  const held = { own: noActions, parentGroup: noActions, ancestorGroups: noActions };
  return {
    authority: {
      domainStatus: status === "deleted" ? "unknown" : status,
      isMember,
      isDomainAdmin,
      actions:
        type === undefined
          ? noActions
          : effectiveActions(catalogue, type, { ...held, domain: actions }),
    },
    keyPrefix: `${serial}.${typeName}.`,
    isComplete: !isMember || (type?.kind !== "entity" && type?.kind !== "group"),
  };
}

function isEnough({ authority, isComplete }: TypeAuthority, action: string | null): boolean {
  return isComplete || action === null || authority.actions.has(action);
}
