import { createHmac, type KeyObject, sign } from "node:crypto";
import { AppError } from "@tessera/contract";
import type { AuditKeys } from "./changes/audit-keys.ts";
import { ConfigError } from "./config.ts";
import {
  type KeyMaterial,
  materialOf,
  unwrapMaterial,
  wrapAgain,
  wrapAudit,
  wrapSecret,
} from "./key-material.ts";
import { type Secret, writeSecretFile } from "./secret-file.ts";
import { insertServerKey, listServerKeys, updateServerKey } from "./server-keys-store.ts";
import type { Database } from "./store/database.ts";
import type { Row } from "./store/schema.ts";

/** A key as the database has it: one that the operator gave, or one that is kept there encrypted. */
export type StoredKey = Omit<Row<"server_keys">, "purpose">;

/**
 * `good`: what is stored under it can be proven. `locked`: the database names it, and this server lacks the secret for
 * it. `unknown`: the database, when it was read last, did not name it.
 */
export type KeyStanding = "good" | "dropped" | "locked" | "unknown";

/** The server's keys: those of the operator's secrets, and those that the database keeps under them. */
export interface Keys {
  /** The version under which new digests and signatures are made. */
  readonly version: string;
  /** That of the configured secret. */
  readonly rootVersion: string;
  /** All by which something can be proven, the present one first. */
  readonly versions: readonly string[];
  standing(version: string): KeyStanding;
  /** HMAC-SHA-256 of `text`, hexadecimal, for one purpose; throws `unavailable` where the version is not good. */
  digest(purpose: DigestPurpose, text: string, version?: string): string;
  readonly sessionSigningKey: KeyObject;
  /** Likewise of a version; throws `unavailable` where it is not good. */
  signingKeyOf(version: string): KeyObject;
  /** `undefined` where nothing that was signed with it is good. */
  verifyingKeyOf(version: string): KeyObject | undefined;
  /** Under it the records of changes are linked to each other; of it follows nothing of the others. */
  readonly audit: AuditKeys;
  /** Goes by what the database has from now on; whether anything is other than before. */
  load(stored: readonly StoredKey[]): boolean;
  /** From where the database's keys can be read again. */
  follow(read: () => Promise<readonly StoredKey[]>): void;
  /** Reads them again if one of these versions is unknown: another server may have made it a moment ago. */
  know(...versions: readonly string[]): Promise<void>;
  /** A row for a new key with that secret. */
  seal(secret: string): Pick<StoredKey, "id" | "fingerprint"> & Wrapping;
  /** What is left of a key that is dropped. */
  sealAudit(version: string): Wrapping;
  /** The same under the configured secret; `undefined` where it is so already. */
  sealAgain(stored: StoredKey): Wrapping | undefined;
}

export type Wrapping = Pick<StoredKey, "wrapped" | "wrapped_by">;

/** Digests of different purposes never equal each other. */
type DigestPurpose =
  | "token"
  | "client-secret"
  | "refresh-token"
  | "sign-in-name"
  | "device"
  | "account-link"
  | "account-link-secret"
  | "calendar-feed"
  | "operator";

/** So long the database is not asked again for a key that it did not have. */
const learnEveryMilliseconds = 1_000;

/** The keys of the current secret and of those it replaced; the database's are added by `load`. */
export function deriveKeys(secret: string, previousSecrets: readonly string[] = []): Keys {
  const roots = new Map(
    [secret, ...previousSecrets].map((text) => {
      const material = materialOf(text);
      return [material.id, { text, material }] as const;
    }),
  );
  const root = materialOf(secret);
  let ring = ringOf([...roots.values()].map(({ material }) => material));
  let readStored: () => Promise<readonly StoredKey[]> = async () => [];
  let learning: Promise<void> | undefined;
  let learnedAt = Number.NEGATIVE_INFINITY;

  const proving = (version: string) => {
    const found = ring.materials.get(version)?.proving;
    if (found !== undefined) return found;
    throw new AppError("unavailable", `This server does not have the key ${version}`);
  };
  const digest: Keys["digest"] = (purpose, text, version = ring.current) =>
    digestUnder(proving(version).digestKey, purpose, text);
  const open = (stored: StoredKey): KeyMaterial | undefined => {
    const { id, wrapped, wrapped_by: by, dropped_at: droppedAt } = stored;
    const known = ring.materials.get(id);
    const isSame = known !== undefined && (known.proving === undefined) === (droppedAt !== null);
    if (isSame && ring.proven.has(id)) return known;
    const material = wrapped === null ? roots.get(id)?.material : unwrapped(id, wrapped, by);
    if (material?.proving === undefined) return material;
    const fingerprint = digestUnder(material.proving.digestKey, "token", fingerprintText);
    return fingerprint === stored.fingerprint ? material : undefined;
  };
  const unwrapped = (id: string, wrapped: string, by: string | null) => {
    const text = roots.get(by ?? "")?.text;
    try {
      return text === undefined ? undefined : unwrapMaterial(text, id, wrapped);
    } catch {
      // Somebody changed the row: a key that cannot be opened is one that is not there.
      return undefined;
    }
  };
  const load: Keys["load"] = (stored) => {
    if (stored.length === 0) return false;
    const opened = stored.map((row) => ({ row, material: open(row) }));
    const unused = [...roots.values()].filter(
      ({ material }) => !stored.some(({ id }) => id === material.id),
    );
    const usable = opened.filter(({ material }) => material?.proving !== undefined);
    const newest = usable.toSorted((one, other) => compareAge(other.row, one.row))[0];
    const before = ring;
    ring = ringOf(
      [...opened, ...unused].flatMap(({ material }) => material ?? []),
      newest?.row.id ?? root.id,
      opened.flatMap(({ row, material }) => (material === undefined ? [row.id] : [])),
      opened.flatMap(({ row, material }) => (material === undefined ? [] : [row.id])),
    );
    return textOf(before) !== textOf(ring);
  };
  const learn = async () => {
    const pause = learnedAt + learnEveryMilliseconds - performance.now();
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    load(await readStored());
    learnedAt = performance.now();
  };

  return {
    rootVersion: root.id,
    get version() {
      return ring.current;
    },
    get versions() {
      const others = [...ring.materials.values()].filter(({ id }) => id !== ring.current);
      return [ring.current, ...others.flatMap(({ id, proving: is }) => (is ? [id] : []))];
    },
    standing: (version) => {
      const material = ring.materials.get(version);
      if (material !== undefined) return material.proving === undefined ? "dropped" : "good";
      return ring.locked.has(version) ? "locked" : "unknown";
    },
    digest,
    get sessionSigningKey() {
      return signingKey(ring.current);
    },
    signingKeyOf: signingKey,
    verifyingKeyOf: (version) => ring.materials.get(version)?.proving?.session?.verifying,
    audit: {
      get version() {
        return ring.current;
      },
      hash: (text, version = ring.current) => {
        const key = ring.materials.get(version)?.audit.hashKey;
        return key && createHmac("sha256", key).update(text).digest("hex");
      },
      sign: (text) => {
        const key = ring.materials.get(ring.current)?.audit.signing;
        if (key === undefined) throw new RangeError("the current key signs nothing");
        return sign(null, Buffer.from(text), key).toString("base64url");
      },
      get verifyingKeys() {
        const present = ring.materials.get(ring.current);
        const all = new Set([
          ...(present === undefined ? [] : [present]),
          ...ring.materials.values(),
        ]);
        return new Map([...all].map(({ id, audit }) => [id, audit.verifying]));
      },
    },
    load,
    follow: (read) => {
      readStored = read;
    },
    know: async (...versions) => {
      const knows = (version: string) => ring.materials.has(version) || ring.locked.has(version);
      if (versions.every(knows)) return;
      learning ??= learn().finally(() => {
        learning = undefined;
      });
      await learning;
    },
    seal: (text) => {
      const { id, proving: keys } = materialOf(text);
      if (keys === undefined) throw new RangeError("a new key proves something");
      return {
        id,
        fingerprint: digestUnder(keys.digestKey, "token", fingerprintText),
        wrapped: wrapSecret(secret, id, text),
        wrapped_by: root.id,
      };
    },
    sealAudit: (version) => {
      const material = ring.materials.get(version);
      if (material === undefined) throw new RangeError(`there is no key ${version}`);
      return { wrapped: wrapAudit(secret, material), wrapped_by: root.id };
    },
    sealAgain: ({ id, wrapped, wrapped_by: by }) => {
      const from = roots.get(by ?? "")?.text;
      if (wrapped === null || from === undefined || by === root.id) return undefined;
      return { wrapped: wrapAgain(from, secret, id, wrapped), wrapped_by: root.id };
    },
  };

  function signingKey(version: string): KeyObject {
    const key = proving(version).session?.signing;
    if (key === undefined) throw new AppError("unavailable", `The key ${version} signs nothing`);
    return key;
  }
}

interface Ring {
  readonly materials: ReadonlyMap<string, KeyMaterial>;
  /** Under which new is made. */
  readonly current: string;
  readonly locked: ReadonlySet<string>;
  /** Those that the database has, and that are what they were there. */
  readonly proven: ReadonlySet<string>;
}

function ringOf(
  materials: readonly KeyMaterial[],
  current = materials[0]?.id ?? "",
  locked: readonly string[] = [],
  proven: readonly string[] = [],
): Ring {
  return {
    materials: new Map(materials.map((material) => [material.id, material])),
    current,
    locked: new Set(locked),
    proven: new Set(proven),
  };
}

/** What a change of makes remembered things stale. */
function textOf({ materials, current }: Ring): string {
  const states = [...materials.values()].map(({ id, proving }) => `${id} ${proving !== undefined}`);
  return JSON.stringify([current, states.toSorted()]);
}

function compareAge(one: StoredKey, other: StoredKey): number {
  return one.created_at - other.created_at || (one.id < other.id ? -1 : 1);
}

function digestUnder(key: Buffer, purpose: DigestPurpose, text: string): string {
  return createHmac("sha256", key).update(`${purpose}\n${text}`).digest("hex");
}

/**
 * Refuses to go on where digests are stored that none of the keys made: every token would be refused; and where nothing
 * is stored beside a secret that has been in use: what it was used for is lost, and must not begin anew in silence.
 * A secret that was made is kept in its file from here on. The keys then go by what the database has.
 */
export async function requireKnownKeys(
  database: Pick<Database, "inTransaction" | "read">,
  keys: Keys,
  now: number,
  secret?: Secret,
): Promise<void> {
  let isWritten = false;
  await database.inTransaction(async (trx) => {
    const stored = await listServerKeys(trx);
    loadKnown(keys, stored, secret);
    for (const row of stored) {
      const again = keys.sealAgain(row);
      if (again !== undefined) await updateServerKey(trx, row.id, again);
    }
    if (stored.some(({ id }) => id === keys.rootVersion)) return;
    if (stored.length === 0 && secret?.origin === "file") throw new ConfigError(lostText(secret));
    if (secret?.origin === "made" && !isWritten) writeSecretFile(secret.path, secret.text);
    isWritten = true;
    const fingerprint = keys.digest("token", fingerprintText, keys.rootVersion);
    const newest = stored.at(-1)?.created_at ?? 0;
    // The newest is the present one, whatever the clocks say.
    const added = { id: keys.rootVersion, fingerprint, created_at: Math.max(now, newest + 1) };
    await insertServerKey(trx, { ...added, wrapped: null, wrapped_by: null });
  });
  const read = () => listServerKeys(database.read);
  keys.follow(read);
  keys.load(await read());
}

/** The same for a work that changes nothing: the keys go by what the database has, or it is refused. */
export async function readKnownKeys(database: Pick<Database, "read">, keys: Keys): Promise<void> {
  loadKnown(keys, await listServerKeys(database.read), undefined);
}

function loadKnown(keys: Keys, stored: readonly StoredKey[], secret: Secret | undefined): void {
  keys.load(stored);
  for (const { id } of stored) {
    if (keys.standing(id) === "locked") throw new ConfigError(unknownKeyText(id, secret));
  }
}

function unknownKeyText(id: string, secret: Secret | undefined): string {
  if (secret?.origin === "made") {
    return `${secret.path} is missing, and with it the key under which this database's tokens are stored (version ${id}): put the file back, give the key in TESSERA_SECRET_KEY, or restore a backup, which holds both`;
  }
  if (secret?.origin === "file") {
    return `${secret.path} does not hold the key under which this database's tokens are stored (version ${id}): put back the file that does, name that key in TESSERA_PREVIOUS_SECRET_KEYS, or restore a backup, which holds both`;
  }
  return `TESSERA_SECRET_KEY is not the key under which this database's tokens are stored (version ${id}): give that key, or name it in TESSERA_PREVIOUS_SECRET_KEYS`;
}

function lostText({ path }: Secret): string {
  return `The database is empty, but ${path} has been in use: was the database lost, or tessera.sqlite copied without its tessera.sqlite-wal? Restore a backup with: tessera restore FILE. To begin anew with an empty database, move ${path} away`;
}

const fingerprintText = "tessera server key";
