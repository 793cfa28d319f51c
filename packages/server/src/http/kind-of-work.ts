import type { Endpoint } from "@tessera/contract";

/**
 * What a signed-in caller's request makes the server do: change something, look through many things, or answer by key.
 * Decisions, which other services wait for, are answered by key.
 */
export type KindOfWork = "change" | "list" | "by_key";

export function kindOfWork({ method, path, access }: Endpoint): KindOfWork {
  if (access.kind === "bearer") return "by_key";
  if (method !== "GET") return "change";
  return isOneThing.test(path) ? "by_key" : "list";
}

/** A path that ends in the id of one thing. */
const isOneThing = /\/:\w+$/;
