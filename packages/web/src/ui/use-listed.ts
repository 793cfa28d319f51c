import { useState } from "react";
import type { Choice, PickerState } from "./use-picker.ts";

/** For a picker whose choices are all known: those that contain what is typed. */
export function useListed(
  choices: readonly Choice[],
  nothing: string,
): Pick<PickerState, "found" | "onType" | "isShort"> {
  const [typed, setTyped] = useState<string | null>(null);
  const wanted = typed?.trim().toLowerCase() ?? "";
  const matching = choices.filter(({ label, hint = "", alsoCalled = "" }) =>
    `${label} ${hint} ${alsoCalled}`.toLowerCase().includes(wanted),
  );
  const found = { choices: matching, left: 0, isLooking: false, nothing };
  return { found, onType: setTyped, isShort: choices.length < 9 };
}
