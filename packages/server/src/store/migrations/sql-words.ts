/** The words of a table definition that the two databases spell differently. */
export interface SqlWords {
  /** A text type that sorts by bytes. */
  readonly text: string;
  /** Completes a column with an integer primary key that grows by itself. */
  readonly serial: string;
  /** A 64-bit integer type: counts, flags and milliseconds. */
  readonly integer: string;
  /** Text that must be a JSON document: completes `metadata`. */
  readonly json: (column: string) => string;
  /** Closes a table that has one wide row per key. */
  readonly end: string;
  /** Closes a table that is little more than its own primary key. */
  readonly endKeyOnly: string;
  /** Completes an ascending index column so that nulls come first. */
  readonly nullsFirst: string;
}

export const sqliteWords: SqlWords = {
  text: "text",
  serial: "integer primary key autoincrement",
  integer: "integer",
  json: (column) => `${column} text not null default '{}' check (json_valid(${column}))`,
  end: ") strict",
  endKeyOnly: ") strict, without rowid",
  nullsFirst: "",
};

export const postgresWords: SqlWords = {
  text: 'text collate "C"',
  serial: "bigint generated always as identity primary key",
  integer: "bigint",
  json: (column) => `${column} text not null default '{}' check (${column}::jsonb is not null)`,
  end: ")",
  endKeyOnly: ")",
  nullsFirst: " nulls first",
};
