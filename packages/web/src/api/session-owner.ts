const storageKey = "tessera-person";
/** What stands there once somebody has signed out; no id is so short. */
const nobody = "";

/** The cookie of this browser belongs to somebody else than the person whose page this is, or to nobody any more. */
export class OtherPersonError extends Error {
  constructor(isSignedOut: boolean) {
    super(
      isSignedOut
        ? "This browser is signed out now"
        : "This browser is signed in as somebody else now",
    );
    this.name = "OtherPersonError";
  }
}

/**
 * Whose session this browser has. A page belongs to one person from its first call to its end: whoever signs in after
 * them gets a page of their own, so that no work, timer, answer or secret of one person is in the page of another. The
 * server says of each call whose it is; what the tabs tell each other comes sooner.
 */
export interface SessionOwner {
  /** Once, before the router is there: the page is hidden where the browser keeps it, and asks nothing where it is over. */
  readonly watch: () => void;
  /** Takes note of whom the server says this is. */
  readonly claim: (personId: string) => void;
  /** Takes note that the server says it is somebody else. */
  readonly hearOther: () => void;
  /**
   * Takes note of who has signed in here. Returns whether this page may be theirs; where not it is over, and `address`
   * is being loaded in its place.
   */
  readonly welcome: (personId: string, address: string) => boolean;
  /** For signing out: ends the page, and tells the other tabs. */
  readonly release: () => void;
  /** Ends the page, asking nobody, and loads `address` in its place. */
  readonly leave: (address: string) => void;
  /**
   * For a call that is about to be sent: returns what must be called as soon as its answer is there. Both throw
   * {@link OtherPersonError} where the page may send, or learn, nothing.
   */
  readonly begin: () => () => void;
  /** Whose tab this is, by id; `undefined`: nobody's yet. */
  readonly person: () => string | undefined;
  readonly isOther: () => boolean;
  /** Its person has signed out in this browser. */
  readonly isSignedOut: () => boolean;
  /** Returns the function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** `pageOf`: gives the browser's window. */
export function createSessionOwner(storage: Storage, pageOf: () => Window): SessionOwner {
  const listeners = new Set<() => void>();
  let own: string | undefined;
  let wasToldOther = false;
  /** Nothing is sent from it any more, even if it is still there for a moment. */
  let isOver = false;
  /** Counts who has signed in: what was asked before is no answer for them. */
  let signIns = 0;
  const read = () => personOf(storage.getItem(storageKey));
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const announce = (personId: string) => {
    // Other tabs hear only of what changes.
    storage.setItem(storageKey, `${personId} ${Math.random()}`);
    tell();
  };
  const hearOther = () => {
    wasToldOther = true;
    tell();
  };
  const isSignedOut = () => own !== undefined && read() === nobody;
  const isOther = () => {
    const stored = read();
    return own !== undefined && (wasToldOther || (!!stored && stored !== own));
  };
  const requireOpen = () => {
    if (isOver || isSignedOut() || isOther()) throw new OtherPersonError(!isOther());
  };
  const hide = () => pageOf().document.documentElement.setAttribute("data-closed", "");
  const end = () => {
    isOver = true;
    hide();
  };

  const watch = () => {
    const page = pageOf();
    // Before the router's: there is nothing left to ask about.
    page.addEventListener(
      "beforeunload",
      (event) => {
        if (isOver) event.stopImmediatePropagation();
      },
      true,
    );
    // The browser may keep the page for whoever goes back to it. Who that is, the server has to say first; of a page that
    // shows something already, it may not yet have said whose it is.
    page.addEventListener("pagehide", ({ persisted }) => {
      if (persisted) hide();
    });
    page.addEventListener("pageshow", ({ persisted }) => {
      if (!persisted) return;
      end();
      page.location.reload();
    });
  };
  const leave = (address: string) => {
    end();
    pageOf().location.assign(address);
  };
  return {
    watch,
    claim: (personId) => {
      if (own !== undefined && own !== personId) return hearOther();
      const isKnown = own !== undefined && read() === personId;
      own = personId;
      if (!isKnown) announce(personId);
    },
    hearOther,
    welcome: (personId, address) => {
      const isTheirs = !isOver && (own === undefined || own === personId);
      if (isTheirs) {
        if (own === undefined) signIns += 1;
        own = personId;
        wasToldOther = false;
      }
      announce(personId);
      if (!isTheirs) leave(address);
      return isTheirs;
    },
    release: () => {
      storage.setItem(storageKey, nobody);
      leave("/sign-in");
    },
    leave,
    begin: () => {
      requireOpen();
      const before = { own, stored: read(), signIns };
      return () => {
        requireOpen();
        if (signIns !== before.signIns) throw new OtherPersonError(false);
        if (before.own !== undefined || read() === before.stored) return;
        // The first answers of a page come together, and one of them has said whose it is.
        if (own === undefined || before.stored) throw new OtherPersonError(read() === nobody);
      };
    },
    person: () => own,
    isOther,
    isSignedOut,
    subscribe: (listener) => {
      const listen = ({ key, newValue }: StorageEvent) => {
        if (key !== storageKey && key !== null) return;
        // Its person has signed in again in another tab.
        if (personOf(newValue) === own) wasToldOther = false;
        listener();
      };
      const page = pageOf();
      listeners.add(listener);
      page.addEventListener("storage", listen);
      return () => {
        listeners.delete(listener);
        page.removeEventListener("storage", listen);
      };
    },
  };
}

/** Behind the id stands what makes the text another one each time. */
function personOf(stored: string | null): string | null {
  return stored === null ? null : (stored.split(" ", 1)[0] ?? null);
}
