import { useState } from "react";
import type { Choice, Found } from "./use-picker.ts";

/** For a picker whose choices are all known: those that contain what is typed. */
export function useListed(
  choices: readonly Choice[],
  nothing: string,
): { readonly found: Found; readonly onType: (text: string | null) => void } {
  const [typed, setTyped] = useState<string | null>(null);
  const wanted = typed?.trim().toLowerCase() ?? "";
  const matching = choices.filter(({ label, hint = "", alsoCalled = "" }) =>
    `${label} ${hint} ${alsoCalled}`.toLowerCase().includes(wanted),
  );
  return { found: { choices: matching, left: 0, isLooking: false, nothing }, onType: setTyped };
}
