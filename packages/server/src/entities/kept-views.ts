import type { EntityType } from "@tessera/contract";
import type { ChangeKey } from "../access/change-key.ts";
import { remember } from "../changes/remembered.ts";
import type { Deps } from "../deps.ts";
import { KeptReply } from "../http/reply-writer.ts";
import { ownCopy } from "../own-copy.ts";
import type { EntityKey } from "./entity-extension-store.ts";

/** Of each type. */
const maximumEntries = 10_000;
/** Of a reply, as JSON; larger ones are read again, so that all that is kept stays within some ten megabytes. */
const maximumLetters = 2048;

/** Replies to views of single objects that are still true. */
export interface KeptViews {
  /** At once, where it is known. */
  peek(key: EntityKey): KeptReply | undefined;
  load(key: EntityKey, read: (key: EntityKey) => Promise<object>): Promise<object>;
}

/** The key of what is shown of one object. */
export function viewKey(type: Pick<EntityType, "name">, { domainId, id }: EntityKey): ChangeKey {
  return { kind: "entity", id: `${type.name}/${domainId}/${id}` };
}

/**
 * Whether views are remembered at all: where other servers change the same objects, whoever changed one there and asks
 * here the next moment would be shown it as it was.
 */
export function areViewsKept({ database }: Pick<Deps, "database">): boolean {
  return !database.changes.isShared;
}

/** Remembers views of one type until the object, or anything of its domain's order, changes. */
export function keepViews(
  { database, hub }: Pick<Deps, "database" | "hub">,
  type: EntityType,
): KeptViews {
  if (!areViewsKept({ database })) return { peek: () => undefined, load: (key, read) => read(key) };

  /** A new number for each domain whenever something of it changes: what was kept under the last is never found again. */
  const numbers = remember<number>(hub, {
    maximumEntries,
    keysOf: (_number, domainId) => [{ kind: "domain", id: domainId }],
  });
  const views = remember<View>(hub, {
    maximumEntries,
    keysOf: ({ key }) => [viewKey(type, key)],
    isWorthIt: ({ letters }) => letters <= maximumLetters,
  });
  let lastNumber = 0;

  const numberOf = (domainId: string) =>
    numbers.load(domainId, async () => {
      lastNumber += 1;
      return lastNumber;
    });

  return {
    peek: ({ domainId, id }) => {
      const number = numbers.peek(domainId);
      return number === undefined ? undefined : views.peek(`${number}.${id}`)?.reply;
    },
    load: async (asked, read) => {
      const key = { domainId: ownCopy(asked.domainId), id: ownCopy(asked.id) };
      const number = numbers.peek(key.domainId) ?? (await numberOf(key.domainId));
      const entry = `${number}.${key.id}`;
      const { reply } = await views.load(entry, async () => {
        const shown = await read(key);
        return { key, reply: new KeptReply(shown), letters: JSON.stringify(shown).length };
      });
      return reply;
    },
  };
}

interface View {
  readonly key: EntityKey;
  readonly reply: KeptReply;
  readonly letters: number;
}
