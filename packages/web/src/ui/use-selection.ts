import { useState } from "react";

/** Which rows of a table are chosen, of all its pages. */
export interface Selection<Row> {
  readonly chosen: readonly Row[];
  readonly isChosen: (row: Row) => boolean;
  /** Chooses those that are not chosen, and takes back those that are. */
  readonly toggle: (rows: readonly Row[]) => void;
  /** Only these stay chosen. */
  readonly keep: (rows: readonly Row[]) => void;
  readonly nameOf: (row: Row) => string;
}

export function useSelection<Row extends { readonly id: string }>(
  nameOf: (row: Row) => string,
): Selection<Row> {
  const [byId, setById] = useState<ReadonlyMap<string, Row>>(new Map());
  return {
    chosen: [...byId.values()],
    isChosen: ({ id }) => byId.has(id),
    toggle: (rows) =>
      setById((old) => {
        const next = new Map(old);
        for (const row of rows) {
          if (!next.delete(row.id)) next.set(row.id, row);
        }
        return next;
      }),
    keep: (rows) => setById(new Map(rows.map((row) => [row.id, row]))),
    nameOf,
  };
}
