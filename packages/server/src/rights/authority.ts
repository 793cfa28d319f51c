import type { Catalogue, Target } from "@tessera/contract";
import { type Authority, effectiveActions, noActions } from "../access/authority.ts";
import { remember } from "../changes/remembered.ts";
import type { Deps } from "../deps.ts";
import { findHeldInDomain, findHeldOnObject, type HeldInDomain } from "./held-actions-store.ts";

const maximumEntries = 50_000;

/** Answers what a user may do with a target now, at once where it is known; may stop looking once `action` is held. */
export type LoadAuthority = (
  userId: string,
  target: Target,
  action: string | null,
) => Authority | Promise<Authority>;

export interface AuthorityLoader {
  readonly load: LoadAuthority;
  /** Without looking anything up; `undefined`: it is not all known. */
  readonly peek: (userId: string, target: Target, action: string | null) => Authority | undefined;
}

type Reader = Parameters<typeof findHeldInDomain>[0];

/** A person in a domain, by the roles on the domain alone. */
interface Person {
  readonly domainId: string;
  readonly inDomain: HeldInDomain;
  /** By entity type: what the domain's roles give on every object of the type. */
  readonly ofType: Map<string, TypeAuthority>;
  /** A new one for each load: what was cached for an earlier load is never found again. */
  readonly serial: number;
}

/** Somebody who asked for a domain; `person` undefined: there is no such domain. */
interface Asker {
  readonly domainId: string;
  readonly person: Person | undefined;
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
}: Pick<Deps, "catalogue" | "database" | "hub">): AuthorityLoader {
  const people = remember<Person | undefined>(hub, {
    maximumEntries,
    keysOf: ({ domainId }) => [{ kind: "domain", id: domainId }],
  });
  /** Who asked for a domain that is not there, kept apart so that guesses push out nobody who is known. */
  const strangers = remember<Asker>(hub, {
    maximumEntries,
    keysOf: ({ domainId }) => [{ kind: "domain", id: domainId }],
    isWorthIt: ({ person }) => person === undefined,
  });
  /** Forgotten with the person: under another serial nothing of it is found again. */
  const objects = remember<Authority>(hub, { maximumEntries, keysOf: () => [] });
  let lastSerial = 0;

  return {
    load: (userId, target, action) => {
      const key = userId + target.domainId;
      const person = people.peek(key);
      if (person !== undefined) return ofPerson(userId, target, action, person);
      // Asking a second time tells as little by its time as by its answer.
      if (strangers.peek(key) !== undefined) return unknownDomain;
      return load(userId, target, action);
    },
    peek: (userId, target, action) => {
      const person = people.peek(userId + target.domainId);
      return person === undefined ? undefined : peekOfPerson(target, action, person);
    },
  };

  function peekOfPerson(target: Target, action: string | null, person: Person) {
    const byDomain = typeAuthorityOf(catalogue, person, target.entityType);
    if (isEnough(byDomain, action)) return byDomain.authority;
    return objects.peek(byDomain.keyPrefix + target.entityId);
  }

  function ofPerson(
    userId: string,
    target: Target,
    action: string | null,
    person: Person,
  ): Authority | Promise<Authority> {
    return peekOfPerson(target, action, person) ?? loadObject(userId, target, person);
  }

  function loadObject(userId: string, target: Target, person: Person): Promise<Authority> {
    const byDomain = typeAuthorityOf(catalogue, person, target.entityType);
    return objects.load(byDomain.keyPrefix + target.entityId, () =>
      readObject(database.read, catalogue, userId, target, person, byDomain),
    );
  }

  async function load(userId: string, target: Target, action: string | null): Promise<Authority> {
    const { domainId } = target;
    const key = userId + domainId;
    lastSerial += 1;
    const serial = lastSerial;
    const { person } = await strangers.load(key, async () => ({
      domainId,
      person: await people.load(key, () =>
        readPerson(database.read, catalogue, userId, target, serial),
      ),
    }));
    return person === undefined ? unknownDomain : ofPerson(userId, target, action, person);
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
  const inDomain = await findHeldInDomain(db, catalogue, userId, domainId);
  if (inDomain === undefined || inDomain.status === "deleted") return undefined;
  return { domainId, inDomain, ofType: new Map(), serial };
}

async function readObject(
  db: Reader,
  catalogue: Catalogue,
  userId: string,
  target: Target,
  { inDomain }: Person,
  { authority }: TypeAuthority,
): Promise<Authority> {
  const type = catalogue.findEntityType(target.entityType);
  if (type === undefined) return authority;
  const held = await findHeldOnObject(db, catalogue, userId, target);
  return {
    ...authority,
    actions: effectiveActions(catalogue, type, { ...held, domain: inDomain.actions }),
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
  { inDomain, serial }: Person,
  typeName: string,
): TypeAuthority {
  const type = catalogue.findEntityType(typeName);
  const { status, isMember, isDomainAdmin, actions } = inDomain;
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
