/** So that the domains of one creator are counted without a walk through all. */
export const domainsByCreator: readonly string[] = [
  "create index domains_by_creator on domains (created_by, status)",
];
