import { useEffect } from "react";

const rememberedPlaces = 20;
/** Longer than a dialog takes to give the focus back itself. */
const pauseMs = 60;

const focusable =
  "a[href], button:not(:disabled), input:not(:disabled), textarea:not(:disabled), select:not(:disabled), [tabindex]";

/**
 * Where the focus goes when what had it is gone or switched off: to the last place that is still there or has come
 * again, or to what that lay in, until it comes again. Left alone it would begin at the top of the document.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    /** Each with all that it lies in, the latest last; they are taken note of before anything is removed. */
    let places: (readonly Element[])[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    /** A click on nothing means nothing: the focus is not lost then, but given up. */
    let isGivenUp = false;
    /** What has the focus for want of a better place; the person has not chosen it. */
    let standIn: Element | undefined;
    const isLost = () =>
      document.activeElement === null ||
      document.activeElement === document.body ||
      document.activeElement === standIn;
    const remember = ({ target }: Event) => {
      isGivenUp = false;
      if (target === standIn) return;
      standIn = undefined;
      if (target instanceof Element)
        places = [...places, withAncestors(target)].slice(-rememberedPlaces);
    };
    const settle = () => {
      standIn = undefined;
    };
    const giveUp = ({ target }: Event) => {
      settle();
      if (target instanceof Element) isGivenUp = target.closest(focusable) === null;
    };
    const restore = () => {
      if (isGivenUp || !isLost()) return;
      const place = places.toReversed().find((all) => findPlace(all) !== undefined);
      const found = place === undefined ? undefined : findPlace(place);
      if (!(found instanceof HTMLElement) || found === document.activeElement) return;
      standIn = found === place?.[0] ? undefined : found;
      found.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(restore, pauseMs);
    });
    observer.observe(document.body, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ["disabled"],
    });
    document.addEventListener("focusin", remember);
    document.addEventListener("pointerdown", giveUp);
    document.addEventListener("keydown", settle);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      document.removeEventListener("focusin", remember);
      document.removeEventListener("pointerdown", giveUp);
      document.removeEventListener("keydown", settle);
    };
  }, []);
}

/** The element itself, or the one that has come in its place, or what it lay in. */
function findPlace([element, ...around]: readonly Element[]): Element | undefined {
  if (element === undefined) return undefined;
  if (canHaveFocus(element)) return element;
  return findTwin(element) ?? around.find(canHaveFocus);
}

/** What the page calls the same, where it is drawn anew. */
function findTwin(element: Element): Element | undefined {
  const label = element.getAttribute("aria-label");
  if (element.isConnected || label === null) return undefined;
  const alike = [...document.querySelectorAll(element.localName)].filter(
    (one) => one.getAttribute("aria-label") === label && canHaveFocus(one),
  );
  return alike.length === 1 ? alike[0] : undefined;
}

function withAncestors(element: Element): readonly Element[] {
  const all: Element[] = [];
  for (
    let at: Element | null = element;
    at !== null && at !== document.body;
    at = at.parentElement
  ) {
    all.push(at);
  }
  return all;
}

function canHaveFocus(element: Element): boolean {
  return (
    element.isConnected &&
    element.matches(focusable) &&
    element.closest("[inert]") === null &&
    element.checkVisibility()
  );
}
