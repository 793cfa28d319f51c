import { call } from "../call.ts";
import type { Kind } from "./offered-load.ts";
import type { Stage } from "./stage.ts";

/** What people and machines do all day. */
export interface Everyday {
  readonly kinds: readonly Kind[];
  /** Secrets of which it was answered that they are revoked. */
  readonly revoked: readonly string[];
}

interface Sizes {
  readonly clients: number;
  readonly tokens: number;
}

/** Decisions most, then lists and changes, and tokens that are made, revoked and tried again. */
export async function everydayOf(stage: Stage, sizes: Sizes): Promise<Everyday> {
  const { session, domainId } = stage;
  const clients = await makeClients(stage, sizes.clients);
  const scope = { domain_id: domainId, entity_type: "clients", entity_id: "*", operation: "view" };
  const wish = { name: "load", duration: "24h", scopes: [scope] };
  const tokens: string[] = [];
  while (tokens.length < sizes.tokens) {
    const { url } = stage.server();
    tokens.push((await call(url, "POST", "/pats", { bearer: session, body: wish })).body.secret);
  }
  let count = 0;
  const turnOf = (rows: readonly string[]): string => {
    count += 1;
    return rows[count % rows.length] ?? "";
  };
  const made: { readonly id: string; readonly secret: string }[] = [];
  const revoked: string[] = [];
  const listing = (path: string) => ({ method: "GET", path, bearer: session, status: 200 });
  const kinds: readonly Kind[] = [
    {
      name: "decision",
      weight: 50,
      next: () => ({
        ...{ method: "GET", path: `/${domainId}/clients/${turnOf(clients)}` },
        ...{ bearer: turnOf(tokens), status: 200 },
      }),
    },
    {
      name: "question",
      weight: 10,
      next: () => ({
        ...{ method: "POST", path: "/authorize", bearer: turnOf(tokens), status: 200 },
        body: { ...scope, entity_id: turnOf(clients) },
      }),
    },
    {
      name: "list",
      weight: 16,
      next: () => {
        count += 1;
        return listing(`/${domainId}/clients?limit=20&offset=${count % clients.length}`);
      },
    },
    {
      name: "change",
      weight: 10,
      next: () => ({
        ...{ method: "PATCH", path: `/${domainId}/clients/${turnOf(clients)}` },
        ...{ bearer: session, body: { name: `renamed ${count}` }, status: 200 },
      }),
    },
    {
      name: "creation",
      weight: 6,
      next: () => ({
        ...{ method: "POST", path: "/pats", bearer: session, body: wish, status: 201 },
        onDone: (body) => void made.push(JSON.parse(body)),
      }),
    },
    {
      name: "revocation",
      weight: 6,
      next: () => {
        const token = made.shift();
        // As long as there is none that could be.
        if (token === undefined) return listing("/pats?limit=1");
        return {
          ...{ method: "PATCH", path: `/pats/${token.id}/secret/revoke` },
          ...{ bearer: session, status: 204 },
          onDone: () => void revoked.push(token.secret),
        };
      },
    },
    {
      name: "use of a revoked token",
      weight: 2,
      next: () => {
        if (revoked.length === 0) return listing("/pats?limit=1");
        return {
          ...{ method: "GET", path: `/${domainId}/clients/${turnOf(clients)}` },
          ...{ bearer: turnOf(revoked), status: 401 },
        };
      },
    },
  ];
  return { kinds, revoked };
}

async function makeClients({ session, domainId, server }: Stage, wanted: number) {
  const clients: string[] = [];
  while (clients.length < wanted) {
    const body = Array.from({ length: 50 }, (_, index) => ({ name: `c${clients.length + index}` }));
    const path = `/${domainId}/clients/bulk`;
    const made = await call(server().url, "POST", path, { bearer: session, body });
    clients.push(...made.body.clients.map(({ id }: { readonly id: string }) => id));
  }
  return clients;
}
