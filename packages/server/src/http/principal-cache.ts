import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Principal } from "../access/principal.ts";

/** Principals by the credential they presented, so that a known one costs one hash. */
export interface PrincipalCache {
  /** The key of a credential: its SHA-256; the credential itself is not kept. */
  keyOf(credential: string): string;
  get(key: string): Principal | undefined;
  put(key: string, principal: Principal): void;
  /** Forgets every principal that `user:…`, `session:…` or `token:…` names. */
  forget(subject: string): void;
  clear(): void;
}

export function createPrincipalCache(maximumEntries: number): PrincipalCache {
  const keysBySubject = new Map<string, Set<string>>();
  const principals = new LRUCache<string, Principal>({
    max: maximumEntries,
    dispose: (principal, key) => {
      for (const subject of subjectsOf(principal)) {
        const keys = keysBySubject.get(subject);
        keys?.delete(key);
        if (keys?.size === 0) keysBySubject.delete(subject);
      }
    },
  });

  return {
    keyOf: (credential) => hash("sha256", credential, "base64url"),
    get: (key) => principals.get(key),
    put: (key, principal) => {
      principals.set(key, principal);
      for (const subject of subjectsOf(principal)) {
        const keys = keysBySubject.get(subject) ?? new Set();
        keysBySubject.set(subject, keys.add(key));
      }
    },
    forget: (subject) => {
      for (const key of [...(keysBySubject.get(subject) ?? [])]) principals.delete(key);
    },
    clear: () => principals.clear(),
  };
}

function subjectsOf(principal: Principal): readonly string[] {
  const own =
    principal.kind === "token" ? `token:${principal.tokenId}` : `session:${principal.sessionId}`;
  return [own, `user:${principal.userId}`];
}
