import { useEffect } from "react";

/**
 * While it is open Escape closes it, wherever in it the focus is, or nowhere: after a touch, or after the button that had it
 * is gone. What is open in it and takes the key, comes first. `close` is to be the same function every time.
 */
export function useEscape(isOpen: boolean, close: () => void): void {
  useEffect(() => {
    if (!isOpen) return;
    const listen = ({ key, defaultPrevented }: KeyboardEvent) => {
      if (key === "Escape" && !defaultPrevented) close();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [isOpen, close]);
}
