import { QueryClient } from "@tanstack/react-query";
import { createClient, TesseraError } from "@tessera/sdk";
import { isServerAway } from "../words/failure-text.ts";
import { createPasswordRequests } from "./password-requests.ts";
import { createServerClock } from "./server-clock.ts";
import { createSessionOwner } from "./session-owner.ts";

/** Calls that wait for the password; a dialog answers them. */
export const passwordRequests = createPasswordRequests();

/** Whose session this browser has. */
export const sessionOwner = createSessionOwner(localStorage, () => window);

/** What time it is on the server. */
export const serverClock = createServerClock(Date.now);

/** Says whose page this is, so that nothing is done and nothing shown under another name: the server knows whose cookie came. */
export const fetchAsOwner: typeof fetch = async (address, init) => {
  const requireSame = sessionOwner.begin();
  const headers = new Headers(init?.headers);
  const person = sessionOwner.person();
  if (person !== undefined) headers.set("x-tessera-person", person);
  const sentAt = Date.now();
  const response = await fetch(address, { ...init, headers });
  serverClock.hear(response.headers.get("date"), sentAt, Date.now());
  if (response.status === 403 && (await response.clone().text()).includes('"other_person"'))
    sessionOwner.hearOther();
  try {
    requireSame();
  } catch (error) {
    // The browser would hold the connection open for whoever reads it one day.
    void response.body?.cancel();
    throw error;
  }
  return response;
};

/** Every call to the server goes through here, but for what is no JSON. */
export const api = createClient({
  baseUrl: "",
  confirmPassword: passwordRequests.ask,
  fetch: fetchAsOwner,
  credentials: {
    kind: "cookies",
    // Missing on plain HTTP, where the server's grace for a repeated renewal has to do.
    ...(navigator.locks === undefined
      ? {}
      : { takeTurns: (renew) => navigator.locks.request("tessera-session", renew) }),
  },
});

/** How long to wait between looks for a server that is away. */
export const askAgainMs = 3000;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The browser's idea of being online says nothing about a server in the same house.
        networkMode: "always",
        staleTime: 10_000,
        retry: (failures, error) => failures < 2 && isWorthRetrying(error),
        retryDelay: (failures) => 300 * 2 ** failures,
        // What could not be had for that reason alone comes by itself.
        refetchInterval: ({ state }) => isServerAway(state.error) && askAgainMs,
      },
      mutations: { networkMode: "always" },
    },
  });
}

function isWorthRetrying(error: unknown): boolean {
  return isServerAway(error) || (error instanceof TesseraError && error.status === 503);
}
