import { systemActor } from "../access/actor.ts";
import { ConfigError } from "../config.ts";
import type { Deps } from "../deps.ts";
import { revokeForGood } from "../features/tokens/lifecycle/token-store.ts";
import { endSession } from "../features/users/sessions/session-store.ts";
import type { StoredKey } from "../keys.ts";
import {
  countUnderKey,
  insertServerKey,
  listServerKeys,
  listUnderKey,
  removeUnderKey,
  type UnderKey,
  updateServerKey,
} from "../server-keys-store.ts";
import { sentence } from "./printable.ts";

type KeyDeps = Pick<Deps, "database" | "hub" | "keys" | "clock" | "randomBytes">;

const secretBytes = 32;
const endedAtOnce = 200;

/** Makes a key under which all that is new is stored from now on; nothing that is good ends. */
export async function rotateKey({
  hub,
  keys,
  clock,
  randomBytes,
}: Omit<KeyDeps, "database">): Promise<string> {
  const sealed = keys.seal(Buffer.from(randomBytes(secretBytes)).toString("base64url"));
  const before = keys.version;
  await hub.change(systemActor, async ({ trx, record }) => {
    const newest = (await listServerKeys(trx)).at(-1)?.created_at ?? 0;
    // The newest is the present one, whatever the clocks say.
    await insertServerKey(trx, { ...sealed, created_at: Math.max(clock(), newest + 1) });
    record({ name: "keys.rotate", entityId: sealed.id, details: { before } });
  });
  return `The key ${sealed.id} is made. Running servers use it within some seconds; ${before} stays good until: tessera keys drop ${before}\n`;
}

/** A line for each key, with what is stored under it. */
export async function listKeys({ database, keys, clock }: KeyDeps): Promise<string> {
  const lines: string[] = [];
  for (const key of await listServerKeys(database.read)) {
    const under = await countUnderKey(database.read, key.id, clock());
    const made = timeText(key.created_at);
    lines.push(
      `${sentence(key.id)}  made ${made}  ${stateOf(key, keys.version)}\n  ${underText(under)}\n`,
    );
  }
  return lines.join("");
}

/**
 * Refuses from now on what the key proves, and ends it. Throws a `ConfigError` where it is the present one, and without
 * `isForced` where something is under it.
 */
export async function dropKey(
  deps: KeyDeps,
  { id, isForced }: { readonly id: string; readonly isForced: boolean },
): Promise<string> {
  const { database, hub, keys, clock } = deps;
  const stored = await listServerKeys(database.read);
  const key = stored.find((one) => one.id === id);
  if (key === undefined) throw new ConfigError(`There is no key ${id}: tessera keys list has them`);
  if (id === keys.version) {
    throw new ConfigError(`${id} is the present key: make another with tessera keys rotate first`);
  }
  const under = await countUnderKey(database.read, id, clock());
  const ended = endedText(under);
  if (!isForced && ended !== "") {
    throw new ConfigError(
      `${id} is not dropped, as that would end ${ended}. What is used moves to the present key by itself; to end the rest: tessera keys drop ${id} --force`,
    );
  }
  if (key.dropped_at === null) {
    await hub.change(systemActor, async ({ trx, record }) => {
      const change = { ...keys.sealAudit(id), dropped_at: clock() };
      await updateServerKey(trx, id, change);
      const { sessions, tokens } = under;
      record({ name: "keys.drop", entityId: id, details: { sessions, tokens } });
    });
  }
  // By now nothing is proven by it; should this be cut short, the same command does the rest.
  while (await endSome(deps, id));
  await hub.change(systemActor, ({ trx }) => removeUnderKey(trx, id));
  return `The key ${id} is dropped${ended === "" ? "" : `, and with it ${ended}`}. Running servers refuse what it proved within some seconds.\n`;
}

/** Whether there was something to end. */
async function endSome({ hub, clock }: KeyDeps, id: string): Promise<boolean> {
  return hub.change(systemActor, async ({ trx, touch, record }) => {
    const now = clock();
    const { sessions, tokens } = await listUnderKey(trx, id, { now, limit: endedAtOnce });
    for (const session of sessions) {
      await endSession(trx, { userId: session.user_id, sessionId: session.id, at: now });
      touch("session", session.id);
    }
    for (const token of tokens) {
      await revokeForGood(trx, token, now);
      touch("token", token.id);
      const details = { because: "key_dropped" };
      record({ name: "tokens.revoke", entityId: token.id, details });
    }
    return sessions.length + tokens.length > 0;
  });
}

function stateOf({ id, wrapped, dropped_at: droppedAt }: StoredKey, present: string): string {
  if (droppedAt !== null) return `dropped ${timeText(droppedAt)}`;
  const origin = wrapped === null ? "of TESSERA_SECRET_KEY or secret.key" : "of the database";
  return `${id === present ? "present" : "old"}, ${origin}`;
}

/** Somebody may have written what is no time. */
function timeText(milliseconds: number): string {
  const time = new Date(milliseconds);
  return Number.isNaN(time.getTime()) ? `at ${milliseconds} ms` : time.toISOString();
}

const countTexts: readonly (readonly [keyof UnderKey, string, string])[] = [
  ["sessions", "session", "sessions"],
  ["tokens", "token", "tokens"],
  ["calendarFeeds", "calendar feed", "calendar feeds"],
  ["accountLinks", "link of a mail", "links of mails"],
  ["clientSecrets", "client secret", "client secrets"],
  ["auditEntries", "audit record", "audit records"],
];

function underText(under: UnderKey): string {
  return countTexts.map((row) => countText(under, row)).join(", ");
}

function endedText({ clientSecrets: _, auditEntries: __, ...ending }: UnderKey): string {
  const under = { ...ending, clientSecrets: 0, auditEntries: 0 };
  const found = countTexts.filter(([name]) => under[name] > 0);
  return found.map((row) => countText(under, row)).join(", ");
}

function countText(under: UnderKey, [name, one, many]: (typeof countTexts)[number]): string {
  return `${under[name]} ${under[name] === 1 ? one : many}`;
}
