export const profileTabs = ["account", "password", "sessions", "notices", "preferences"] as const;

/** The address of the profile: which tab is open; absent: the first. */
export interface ProfileSearch {
  readonly tab?: (typeof profileTabs)[number];
}

export function readProfileSearch(raw: Record<string, unknown>): ProfileSearch {
  const tab = profileTabs.find((known) => known === raw.tab);
  return tab === undefined ? {} : { tab };
}
