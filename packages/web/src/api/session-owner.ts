const storageKey = "tessera-person";

/** The cookie of this browser belongs to somebody else than the person whose page this is. */
export class OtherPersonError extends Error {
  constructor() {
    super("This browser is signed in as somebody else now");
    this.name = "OtherPersonError";
  }
}

/**
 * Whose session this browser has; each tab belongs to one person. The server says it of each call; what the tabs tell each
 * other comes sooner.
 */
export interface SessionOwner {
  /** Takes note of whom the server says this is. */
  readonly claim: (personId: string) => void;
  /** Takes note that the server says it is somebody else. */
  readonly hearOther: () => void;
  /** Somebody signs in in this tab, which until then belongs to nobody. */
  readonly change: <Person extends { readonly id: string }>(
    signIn: () => Promise<Person>,
  ) => Promise<Person>;
  /** For signing out: the tab belongs to nobody. */
  readonly release: () => void;
  /** Whose tab this is, by id; `undefined`: nobody's yet. */
  readonly person: () => string | undefined;
  readonly isOther: () => boolean;
  /** Returns the function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

export function createSessionOwner(storage: Storage): SessionOwner {
  const listeners = new Set<() => void>();
  let own: string | undefined;
  let wasToldOther = false;
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const announce = (personId: string) => {
    // Other tabs hear only of what changes.
    storage.removeItem(storageKey);
    storage.setItem(storageKey, personId);
    tell();
  };
  const hearOther = () => {
    wasToldOther = true;
    tell();
  };
  const isOther = () => {
    const stored = storage.getItem(storageKey);
    return own !== undefined && (wasToldOther || (stored !== null && stored !== own));
  };
  return {
    claim: (personId) => {
      if (own !== undefined && own !== personId) return hearOther();
      const isKnown = own !== undefined && storage.getItem(storageKey) === personId;
      own = personId;
      if (!isKnown) announce(personId);
    },
    hearOther,
    change: async (signIn) => {
      const ownBefore = own;
      own = undefined;
      try {
        const person = await signIn();
        own = person.id;
        wasToldOther = false;
        announce(own);
        return person;
      } catch (error) {
        own = ownBefore;
        throw error;
      }
    },
    release: () => {
      own = undefined;
      wasToldOther = false;
      storage.removeItem(storageKey);
    },
    person: () => own,
    isOther,
    subscribe: (listener) => {
      const listen = ({ key, newValue }: StorageEvent) => {
        if (key !== storageKey && key !== null) return;
        // Its person has signed in again in another tab.
        if (newValue === own) wasToldOther = false;
        listener();
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
