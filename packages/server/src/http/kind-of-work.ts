import type { Endpoint } from "@tessera/contract";

/**
 * What a signed-in caller's request makes the server do: change something, take rights away, look through many
 * things, or answer by key.
 * Decisions, which other services wait for, are answered by key.
 */
export type KindOfWork = "change" | "taking" | "list" | "by_key";

export function kindOfWork(endpoint: Endpoint): KindOfWork {
  const { method, path, access } = endpoint;
  if (access.kind === "bearer") return "by_key";
  // The password may have to be given before something can be taken away; its attempts have limits of their own.
  if (endpoint.takesRightsAway === true || endpoint.checksPassword === true) return "taking";
  if (method !== "GET") return "change";
  if (access.kind === "token_self") return "by_key";
  return isOneThing.test(path) ? "by_key" : "list";
}

/** A path that ends in the id of one thing. */
const isOneThing = /\/:\w+$/;
