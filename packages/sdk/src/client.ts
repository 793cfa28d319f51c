import {
  type BuiltInEndpoint,
  builtInEndpoints,
  type Endpoint,
  type InputOf,
  type ReplyOf,
} from "@tessera/contract";
import {
  type CallInput,
  type CallOptions,
  createTransport,
  type TransportOptions,
} from "./transport.ts";

type EndpointId = BuiltInEndpoint["id"];

// Maps keyed by id keep the compiler from ever forming the product of all inputs.
type Requests = {
  readonly [E in BuiltInEndpoint as E["id"]]: unknown extends InputOf<E>
    ? Record<never, never>
    : InputOf<E>;
};
type Replies = { readonly [E in BuiltInEndpoint as E["id"]]: ReplyOf<E> };

/** What a call of the endpoint takes: path parameters by their names, `query` and `body`. */
export type RequestOf<Id extends EndpointId> = Requests[Id];

/** What a call of the endpoint resolves to. */
export type ReplyTo<Id extends EndpointId> = Replies[Id];

type Call<Request, Reply> =
  Record<never, never> extends Request
    ? (input?: Request, options?: CallOptions) => Promise<Reply>
    : (input: Request, options?: CallOptions) => Promise<Reply>;

type NextName<Prefix extends string> = EndpointId extends infer Id
  ? Id extends `${Prefix}${infer Rest}`
    ? Rest extends `${infer Head}.${string}`
      ? Head
      : Rest
    : never
  : never;

type Branch<Prefix extends string> = {
  readonly [Name in NextName<Prefix>]: `${Prefix}${Name}` extends infer Id extends EndpointId
    ? Call<Requests[Id], Replies[Id]>
    : Branch<`${Prefix}${Name}.`>;
};

/** One method an endpoint, under the endpoint's id split at its dots: `client.clients.update_tags(…)`. */
export type Client = Branch<"">;

/** The method of an endpoint whose types are not looked at. */
type AnyCall = (input?: CallInput, options?: CallOptions) => Promise<unknown>;

/** Methods under their endpoints' ids, split at the dots. */
export interface ClientTree {
  readonly [name: string]: ClientTree | AnyCall;
}

interface MutableTree {
  [name: string]: MutableTree | AnyCall;
}

/** Makes a client of every endpoint that the contract knows. */
export function createClient(options: TransportOptions): Client {
  return createClientOf(builtInEndpoints, options) as unknown as Client;
}

/** The same of those endpoints, for a server that has others too. */
export function createClientOf(
  endpoints: readonly Endpoint[],
  options: TransportOptions,
): ClientTree {
  const send = createTransport(options);
  const root: MutableTree = {};
  for (const endpoint of endpoints) {
    const names = endpoint.id.split(".");
    const methodName = names.pop() ?? "";
    let branch = root;
    for (const name of names) {
      const next = branch[name] ?? {};
      if (typeof next === "function") throw new TypeError(`${endpoint.id} lies under a method`);
      branch[name] = next;
      branch = next;
    }
    branch[methodName] = (input = {}, callOptions = {}) => send(endpoint, input, callOptions);
  }
  return root;
}
