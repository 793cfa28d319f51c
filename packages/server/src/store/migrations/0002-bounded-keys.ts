/** Keys written before they were bounded: the names themselves stay as they are. */
const keys = [
  ["users", "first_name_key"],
  ["users", "last_name_key"],
  ["tokens", "name_key"],
  ["domains", "name_key"],
  ["entities", "name_key"],
] as const;

export function boundedKeysStatements(): string[] {
  return keys.map(
    ([table, column]) =>
      `update ${table} set ${column} = substr(${column}, 1, 255) where length(${column}) > 255`,
  );
}
