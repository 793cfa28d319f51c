import type { SeededDomain } from "../packages/server/src/testing/seed-domain.ts";
import type { ToldToken } from "../packages/server/src/testing/seed-tokens.ts";
import type { LoadRequest } from "./load.ts";

/** What somebody else does meanwhile. */
export interface Neighbour {
  readonly name: string;
  readonly requests: readonly LoadRequest[];
  readonly connections: number;
  /** As fast as answers come where it is not said. */
  readonly everyMilliseconds?: number;
  /** Whether each of its requests can be sent only once. */
  readonly isOnce?: boolean;
  /** The neighbour with whom it is compared, where that is not nobody. */
  readonly comparedWith?: string;
}

export interface Neighbourhood {
  readonly domain: SeededDomain;
  /** A domain of many objects in few groups. */
  readonly crowded: SeededDomain & { readonly groups: number };
  readonly tokens: readonly ToldToken[];
  readonly session: string;
}

export const tokensInUse = 20_000;
const fewTokens = 20;
const importedAtOnce = 500;

export function neighboursOf({
  domain,
  crowded,
  tokens,
  session,
}: Neighbourhood): readonly Neighbour[] {
  const headers = { authorization: `Bearer ${session}` };
  const json = { ...headers, "content-type": "application/json" };
  const clients = `/${domain.domainId}/clients`;
  const list = (query: string) => [{ method: "GET", path: `${clients}?${query}`, headers }];
  const imported = Array.from({ length: importedAtOnce }, (_, index) => ({
    name: `imported ${index}`,
    tags: ["imported", "new"],
    metadata: { site: "north", floor: index },
  }));
  const asked = tokens.map((token) => questionAbout(token, domain.domainId));
  // Four connections: as often as 1 ms lets them.
  const paced = { connections: 4, everyMilliseconds: 4 };
  const oneAtATime = { connections: 1 };
  return [
    {
      name: "lists by metadata",
      ...oneAtATime,
      requests: list(`metadata=${encodeURIComponent('{"site":"site-7"}')}`),
    },
    { name: "lists by tag", ...oneAtATime, requests: list("tags=one-in-100-7") },
    { name: "searches by name", ...oneAtATime, requests: list("name=client%2099") },
    {
      name: "lists by metadata, four at once",
      connections: 4,
      requests: list(`metadata=${encodeURIComponent('{"site":"site-8"}')}`),
    },
    {
      name: `imports of ${importedAtOnce} clients`,
      ...oneAtATime,
      requests: [
        { method: "POST", path: `${clients}/bulk`, headers: json, body: JSON.stringify(imported) },
      ],
    },
    {
      name: "deletions of groups that hold 2,000 clients",
      connections: 1,
      isOnce: true,
      requests: Array.from({ length: crowded.groups }, (_, index) => ({
        method: "DELETE",
        path: `/${crowded.domainId}/groups/${crowded.idOf(index)}`,
        headers,
      })),
    },
    {
      name: "sign-ins with wrong passwords",
      connections: 4,
      requests: [
        {
          method: "POST",
          path: "/users/tokens/issue",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ username: "nobody-of-this-name", password: "a wrong password" }),
        },
      ],
    },
    {
      name: "1,000 checks a second by few tokens",
      ...paced,
      requests: asked.slice(0, fewTokens),
    },
    {
      name: `the same by ${tokensInUse.toLocaleString("en")} tokens, whose uses are written`,
      ...paced,
      requests: asked,
      comparedWith: "1,000 checks a second by few tokens",
    },
  ];
}

/** What a gateway asks: whether the token may view one of its clients. */
export function questionAbout(
  { secret, clientIds }: ToldToken,
  domainId: string,
  index = 0,
): LoadRequest {
  return {
    method: "GET",
    path: "/forward-auth",
    headers: {
      authorization: `Bearer ${secret}`,
      "x-forwarded-method": "GET",
      "x-forwarded-uri": `/devices/${domainId}/${clientIds[index % clientIds.length]}`,
    },
  };
}
