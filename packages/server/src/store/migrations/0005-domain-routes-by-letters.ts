/**
 * Finds a domain's route regardless of case. Not unique: databases may hold routes that differ in case alone, which
 * keep working; new ones are compared in the transaction that creates them.
 */
export const domainRoutesByLetters: readonly string[] = [
  "create index domains_by_lower_route on domains (lower(route))",
];
