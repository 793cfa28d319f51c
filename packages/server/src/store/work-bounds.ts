/** How much may wait for the database, the same on each: beyond it whoever comes is told that it is busy. */
export const changeBounds = {
  name: "changes",
  maximumWaiting: 500,
  maximumWaitMilliseconds: 10_000,
} as const;

export const listBounds = {
  name: "lists and searches",
  maximumWaiting: 200,
  maximumWaitMilliseconds: 5_000,
} as const;
