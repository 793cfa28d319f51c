import { useEffect } from "react";

const rememberedPlaces = 20;
/** Longer than a dialog takes to give the focus back itself. */
const pauseMs = 60;

const focusable =
  "a[href], button:not(:disabled), input:not(:disabled), textarea:not(:disabled), select:not(:disabled), [tabindex]";

/**
 * Where the focus goes when what had it is gone or switched off: to the last place that is still there, or to what
 * that lay in. Left alone it would begin again at the top of the document.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    /** Each with all that it lies in, the latest last; they are taken note of before anything is removed. */
    let places: (readonly Element[])[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    /** A click on nothing means nothing: the focus is not lost then, but given up. */
    let isGivenUp = false;
    const isLost = () =>
      document.activeElement === null || document.activeElement === document.body;
    const remember = ({ target }: Event) => {
      isGivenUp = false;
      if (target instanceof Element)
        places = [...places, withAncestors(target)].slice(-rememberedPlaces);
    };
    const giveUp = ({ target }: Event) => {
      if (target instanceof Element) isGivenUp = target.closest(focusable) === null;
    };
    const restore = () => {
      if (isGivenUp || !isLost()) return;
      const place = places.toReversed().flat().find(canHaveFocus);
      if (place instanceof HTMLElement) place.focus({ preventScroll: true });
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
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      document.removeEventListener("focusin", remember);
      document.removeEventListener("pointerdown", giveUp);
    };
  }, []);
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
