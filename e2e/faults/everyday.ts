import { call } from "../call.ts";
import type { Kind } from "./offered-load.ts";
import type { Stage } from "./stage.ts";

/** What people and machines do all day. */
export interface Everyday {
  readonly kinds: readonly Kind[];
  /** Secrets of which it was answered that they are revoked. */
  revoked(): readonly string[];
}

export interface Sizes {
  /** Each with a domain of their own: what many change at once is not one thing. */
  readonly people: number;
  readonly clientsOfEach: number;
  readonly tokensOfEach: number;
}

/** Somebody with a domain, things in it, and tokens for these. */
interface Person {
  readonly session: string;
  readonly domainId: string;
  readonly clients: readonly string[];
  readonly tokens: readonly string[];
}

/** Decisions and views most, then lists and changes, and tokens that are made, revoked and tried again. */
export async function everydayOf(stage: Stage, sizes: Sizes): Promise<Everyday> {
  const people: Person[] = [];
  while (people.length < sizes.people) people.push(await newPerson(stage, people.length, sizes));
  let count = 0;
  const turnOf = <Row>(rows: readonly Row[]): Row => {
    count += 1;
    return rows[count % rows.length] as Row;
  };
  const made: { readonly id: string; readonly secret: string; readonly session: string }[] = [];
  const revoked: { readonly secret: string; readonly path: string }[] = [];
  const get = (path: string, bearer: string, status = 200) => ({
    ...{ method: "GET", path, bearer, status },
  });
  const listTokens = () => get("/pats?limit=1", turnOf(people).session);
  const kinds: readonly Kind[] = [
    {
      name: "view",
      weight: 30,
      next: () => {
        const person = turnOf(people);
        return get(pathOf(person, turnOf(person.clients)), turnOf(person.tokens));
      },
    },
    {
      name: "decision",
      weight: 30,
      next: () => {
        const { domainId, clients, tokens } = turnOf(people);
        const body = { ...viewing(domainId), entity_id: turnOf(clients) };
        return { method: "POST", path: "/authorize", bearer: turnOf(tokens), status: 200, body };
      },
    },
    {
      name: "list",
      weight: 16,
      next: () => {
        const { domainId, clients, session } = turnOf(people);
        const offset = count % clients.length;
        return get(`/${domainId}/clients?limit=20&offset=${offset}`, session);
      },
    },
    {
      name: "change",
      weight: 10,
      next: () => {
        const person = turnOf(people);
        const path = pathOf(person, turnOf(person.clients));
        const body = { name: `renamed ${count}` };
        return { method: "PATCH", path, bearer: person.session, status: 200, body };
      },
    },
    {
      name: "creation",
      weight: 6,
      next: () => {
        const { session, domainId } = turnOf(people);
        return {
          ...{ method: "POST", path: "/pats", bearer: session, status: 201 },
          body: wishOf(domainId),
          onDone: (body) => void made.push({ ...JSON.parse(body), session }),
        };
      },
    },
    {
      name: "revocation",
      weight: 6,
      next: () => {
        const token = made.shift();
        // As long as there is none that could be.
        if (token === undefined) return listTokens();
        const { id, secret, session } = token;
        return {
          ...{ method: "PATCH", path: `/pats/${id}/secret/revoke`, bearer: session, status: 204 },
          onDone: () => void revoked.push({ secret, path: "/pats/self" }),
        };
      },
    },
    {
      name: "use of a revoked token",
      weight: 2,
      next: () => {
        if (revoked.length === 0) return listTokens();
        const { secret, path } = turnOf(revoked);
        return get(path, secret, 401);
      },
    },
  ];
  return { kinds, revoked: () => revoked.map(({ secret }) => secret) };
}

const pathOf = ({ domainId }: Person, clientId: string) => `/${domainId}/clients/${clientId}`;

function viewing(domainId: string) {
  return { domain_id: domainId, entity_type: "clients", entity_id: "*", operation: "view" };
}

function wishOf(domainId: string) {
  return { name: "load", duration: "24h", scopes: [viewing(domainId)] };
}

async function newPerson(stage: Stage, number: number, sizes: Sizes): Promise<Person> {
  const ask = async (path: string, bearer: string | undefined, body: object) =>
    (await call(stage.server().url, "POST", path, { bearer, body })).body;
  const username = `person${number}`;
  const password = "load-test-password";
  await ask("/users", stage.session, {
    ...{ first_name: "Ada", last_name: "Byron", email: `${username}@example.test` },
    credentials: { username, secret: password },
  });
  const issued = await ask("/users/tokens/issue", undefined, { username, password });
  const session: string = issued.access_token;
  const { id: domainId } = await ask("/domains", session, { name: username, route: username });
  const clients: string[] = [];
  while (clients.length < sizes.clientsOfEach) {
    const some = Array.from({ length: 25 }, (_, index) => ({ name: `c${clients.length + index}` }));
    const made = await ask(`/${domainId}/clients/bulk`, session, some);
    clients.push(...made.clients.map(({ id }: { readonly id: string }) => id));
  }
  const tokens: string[] = [];
  while (tokens.length < sizes.tokensOfEach) {
    tokens.push((await ask("/pats", session, wishOf(domainId))).secret);
  }
  return { session, domainId, clients, tokens };
}
