/**
 * Finds a channel's route in its domain regardless of case. Not unique: databases may hold routes that differ in case
 * alone, which keep working; new ones are compared in the transaction that creates them.
 */
export const channelRoutesByLetters: readonly string[] = [
  "create index channels_by_lower_route on channel_details (domain_id, lower(route))",
];
