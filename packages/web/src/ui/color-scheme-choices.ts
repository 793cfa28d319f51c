import type { MantineColorScheme } from "@mantine/core";

/** The three themes by their names. */
export const colorSchemeChoices = [
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
  { value: "auto", label: "System" },
] as const satisfies readonly { value: MantineColorScheme; label: string }[];
