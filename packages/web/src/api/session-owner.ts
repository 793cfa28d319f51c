const storageKey = "tessera-person";
const changing = "changing ";
/** Who closes a tab while signing in there keeps the others waiting so long. */
const longestChangeMs = 15_000;
const lookAgainMs = 200;

/** The cookie of this browser belongs to somebody else than the person whose page this is. */
export class OtherPersonError extends Error {
  constructor() {
    super("This browser is signed in as somebody else now");
    this.name = "OtherPersonError";
  }
}

/** Whose session this browser has, as far as its tabs tell each other; each tab belongs to one person. */
export interface SessionOwner {
  /** Takes note of whom the server says this is. */
  readonly claim: (personId: string) => void;
  /** Somebody signs in in this tab: until it has come to an end, other tabs call nothing. */
  readonly change: <Person extends { readonly id: string }>(
    signIn: () => Promise<Person>,
  ) => Promise<Person>;
  /** For signing out: the tab belongs to nobody. */
  readonly release: () => void;
  readonly isOther: () => boolean;
  /** Resolves once nobody is signing in; throws {@link OtherPersonError}. */
  readonly requireSame: () => Promise<void>;
  /** Returns the function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

export function createSessionOwner(storage: Storage, clock: () => number): SessionOwner {
  const listeners = new Set<() => void>();
  let own: string | undefined;
  let wasToldOther = false;
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const isChanging = () => {
    const stored = storage.getItem(storageKey);
    return (
      stored?.startsWith(changing) === true &&
      clock() - Number(stored.slice(changing.length)) < longestChangeMs
    );
  };
  const isOther = () => {
    const stored = storage.getItem(storageKey);
    if (own === undefined || stored?.startsWith(changing) === true) return false;
    return wasToldOther || (stored !== null && stored !== own);
  };
  return {
    claim: (personId) => {
      if (own !== undefined && own !== personId) wasToldOther = true;
      else {
        own = personId;
        storage.setItem(storageKey, personId);
      }
      tell();
    },
    change: async (signIn) => {
      const before = storage.getItem(storageKey);
      const ownBefore = own;
      own = undefined;
      storage.setItem(storageKey, `${changing}${clock()}`);
      try {
        const person = await signIn();
        own = person.id;
        wasToldOther = false;
        storage.setItem(storageKey, own);
        tell();
        return person;
      } catch (error) {
        own = ownBefore;
        if (before === null) storage.removeItem(storageKey);
        else storage.setItem(storageKey, before);
        throw error;
      }
    },
    release: () => {
      own = undefined;
      wasToldOther = false;
      storage.removeItem(storageKey);
    },
    isOther,
    requireSame: async () => {
      while (own !== undefined && isChanging()) {
        await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
      }
      if (isOther()) throw new OtherPersonError();
    },
    subscribe: (listener) => {
      const listen = ({ key }: StorageEvent) => {
        if (key === storageKey || key === null) listener();
      };
      listeners.add(listener);
      window.addEventListener("storage", listen);
      return () => {
        listeners.delete(listener);
        window.removeEventListener("storage", listen);
      };
    },
  };
}
