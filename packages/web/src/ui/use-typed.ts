import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";

const pauseMs = 200;

/** What is typed into a picker, and after a pause what is to be looked for. */
export function useTyped() {
  const [typed, setTyped] = useState<string | null>(null);
  const wanted = typed?.trim() ?? "";
  const [settled] = useDebouncedValue(wanted, pauseMs);
  return {
    /** Whether the list is open, so that there is something to look for. */
    isOpen: typed !== null,
    text: wanted === "" ? "" : settled,
    isTyping: wanted !== "" && wanted !== settled,
    setTyped,
  };
}
