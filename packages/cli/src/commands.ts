import {
  builtInEndpoints,
  type Client,
  createClient,
  createClientOf,
  type Endpoint,
  isOpen,
  TesseraError,
  type TransportOptions,
} from "@tessera/sdk";
import { CommanderError } from "commander";
import { completionScript } from "./completion.ts";
import { readConditionOptions } from "./condition-options.ts";
import {
  type GivenOptions,
  readEndpointInput,
  readSecret,
  visibleSecret,
} from "./endpoint-input.ts";
import { hasIds } from "./endpoint-options.ts";
import type { Environment } from "./environment.ts";
import { readExplainQuestion } from "./explain.ts";
import { CallError, NotSignedInError, usageError } from "./failures.ts";
import { single, timeLimit } from "./given-options.ts";
import { type AskServer, narrowToken } from "./narrow-token.ts";
import { formatReply, type OutputForm, outputForms } from "./output.ts";
import { readAllPages, whatIsMissing } from "./paging.ts";
import { readProfile, removeProfile, writeProfile } from "./profile.ts";
import { createProgram, type RotationEndpoints } from "./program.ts";
import { rotateTokenFile } from "./rotate-token.ts";
import { addressOf, type Destination, findDestination, renew, toProfile } from "./session.ts";
import type { Terminal } from "./terminal.ts";
import { fetchWithin } from "./time-limit.ts";
import { showUsage } from "./token-usage.ts";
import { toldRetries } from "./told-retries.ts";
import { UsageError } from "./usage-error.ts";

/** What a command works with. */
export interface Surroundings {
  readonly environment: Environment;
  readonly terminal: Terminal;
  /** What the server has; what it has built in when absent. */
  readonly endpoints?: readonly Endpoint[];
}

/** Runs the command that was typed; resolves to what to print. */
export async function runCommand(
  words: readonly string[],
  surroundings: Surroundings,
): Promise<string> {
  const { endpoints = builtInEndpoints } = surroundings;
  let printed = "";
  const isDescribed = ({ id }: Endpoint) => words.includes(id) || words.includes("completion");
  const program = createProgram(endpoints, isDescribed, actionsIn(surroundings), (text) => {
    printed += text;
  });
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error.message);
  }
  return printed;
}

const actionsIn = ({ environment, terminal }: Surroundings) => ({
  logIn: (given: GivenOptions) => logIn(given, environment, terminal),
  logOut: (given: GivenOptions) => logOut(given, environment),
  complete: completionScript,
  call: (endpoint: Endpoint, given: GivenOptions) =>
    callEndpoint(endpoint, given, environment, terminal),
  callWithConditions: (endpoint: Endpoint, member: "conditions" | undefined, given: GivenOptions) =>
    callEndpoint(endpoint, withConditions(given, member), environment, terminal),
  explain: async (endpoint: Endpoint, given: GivenOptions) => {
    const question = JSON.stringify(readExplainQuestion(given));
    // Of the words that it was asked by some are also names of members of the question.
    const shared = [...given].filter(([name]) => ["url", "output", "timeout"].includes(name));
    const asked = new Map([...shared, ["explain", ["true"]], ["body", [question]]] as const);
    const named = single(given, "as");
    if (named === undefined) return callEndpoint(endpoint, asked, environment, terminal);
    const { text: token, isVisible } = await readSecret("as", named, terminal);
    if (isVisible) terminal.tell(visibleSecret("--as"));
    return callEndpoint(endpoint, asked, { ...environment, token }, terminal);
  },
  usage: (endpoint: Endpoint, given: GivenOptions) =>
    showUsage(given, readForm(given, endpoint), askServerIn(given, environment, terminal)),
  narrow: (endpoint: Endpoint, given: GivenOptions) => {
    readForm(given, endpoint);
    return narrowToken(given, askServerIn(given, environment, terminal), terminal);
  },
  rotate: async (endpoints: RotationEndpoints, given: GivenOptions) => {
    const path = single(given, "file");
    if (path === undefined) {
      const endpoint = given.has("self") ? endpoints.self : endpoints.owned;
      return callEndpoint(endpoint, given, environment, terminal);
    }
    if (!given.has("self"))
      throw new UsageError("--file is for a token that rotates itself: --self");
    const form = readForm(given, endpoints.self);
    return formatReply(await rotateTokenFile(path, given, environment, terminal), form);
  },
});

/** Conditions that were given by options of their own, as the endpoint's own option has them. */
function withConditions(given: GivenOptions, member: "conditions" | undefined): GivenOptions {
  const conditions = readConditionOptions(given);
  if (Object.keys(conditions).length === 0) return given;
  return new Map([...given, [member ?? "body", [JSON.stringify(conditions)]]]);
}

async function logIn(
  given: GivenOptions,
  environment: Environment,
  terminal: Terminal,
): Promise<string> {
  const address = addressOf(single(given, "url"), environment.url);
  const username =
    single(given, "username") ??
    (terminal.isInteractive ? await terminal.ask("Username or email: ") : undefined);
  if (username === undefined) throw new UsageError("login needs --username");
  const password = await readPassword(given, environment, terminal);
  const body = { username, password, description: "tessera command line" };
  const fetch = fetchWithin(timeLimit(given));
  const client = createClient({ baseUrl: address, fetch, retries: toldRetries(terminal) });
  try {
    const pair = await client.sessions.issue({ body });
    writeProfile(environment.profile, toProfile(address, pair));
  } catch (error) {
    throw new CallError(address, false, error);
  }
  if (environment.token !== undefined) {
    terminal.tell("TESSERA_TOKEN is set, and goes before the session: unset it to use the session");
  }
  return `Signed in to ${address} as ${username}.`;
}

async function readPassword(
  given: GivenOptions,
  environment: Environment,
  terminal: Terminal,
): Promise<string> {
  const file = single(given, "password-file");
  const option = single(given, "password");
  if (file !== undefined && option !== undefined) {
    throw new UsageError("give --password-file or --password, not both");
  }
  const named = file === undefined || file === "-" ? (file ?? option) : `@${file}`;
  if (named !== undefined) {
    const { text, isVisible } = await readSecret("password", named, terminal);
    if (isVisible) terminal.tell(visibleSecret("--password"));
    return text;
  }
  if (environment.password !== undefined) return environment.password;
  if (terminal.isInteractive) return await terminal.askSecret("Password: ");
  const line = await terminal.input.line();
  if (line !== undefined) return line;
  throw new UsageError(
    "no password: give it on standard input, with --password-file, or as TESSERA_PASSWORD",
  );
}

async function logOut(given: GivenOptions, { profile: place }: Environment): Promise<string> {
  const profile = readProfile(place);
  if (profile === undefined) return "Nobody is signed in.";
  const credentials = { kind: "bearer", token: profile.accessToken } as const;
  const fetch = fetchWithin(timeLimit(given));
  const client = createClient({ baseUrl: profile.url, credentials, fetch });
  try {
    const { refresh_tokens } = await client.sessions.list();
    const current = refresh_tokens.find((session) => session.current);
    if (current !== undefined) await client.sessions.revoke({ body: { token_id: current.id } });
  } catch (error) {
    // A session that has run out needs no ending.
    if (!(error instanceof TesseraError && error.status === 401)) {
      throw new CallError(profile.url, false, error);
    }
  }
  removeProfile(place);
  return "Signed out.";
}

async function callEndpoint(
  endpoint: Endpoint,
  given: GivenOptions,
  environment: Environment,
  terminal: Terminal,
): Promise<string> {
  const form = readForm(given, endpoint);
  const readsAll = given.has("all");
  if (readsAll && (given.has("limit") || given.has("offset"))) {
    throw new UsageError("--all is the whole list: give neither --limit nor --offset with it");
  }
  const destination = findDestination(single(given, "url"), environment);
  if (!isOpen(endpoint.access)) requireToken(destination);
  const fetch = fetchWithin(timeLimit(given));
  const input = await readEndpointInput(endpoint, given, terminal);
  const call = async (token: string | undefined) => {
    const method = methodOf(endpoint, {
      ...optionsFor(destination.address, token, terminal),
      fetch,
    });
    if (!readsAll) return await method(input);
    return await readAllPages((query) => method({ ...input, query }), input.query);
  };
  const reply = await callAsWhoeverIsSignedIn(call, destination, environment);
  const missing = input.query.only_total === true ? undefined : whatIsMissing(reply);
  if (missing !== undefined) terminal.tell(missing);
  return formatReply(reply, form);
}

/** For commands that make several requests. */
function askServerIn(given: GivenOptions, environment: Environment, terminal: Terminal): AskServer {
  return async <T>(ask: (client: Client) => Promise<T>) => {
    const destination = findDestination(single(given, "url"), environment);
    requireToken(destination);
    const fetch = fetchWithin(timeLimit(given));
    const call = (token: string | undefined) =>
      ask(createClient({ ...optionsFor(destination.address, token, terminal), fetch }));
    return callAsWhoeverIsSignedIn(call, destination, environment);
  };
}

/** A session's access token lasts minutes: where it has run out, the session is renewed and the call made again. */
async function callAsWhoeverIsSignedIn<T>(
  call: (token: string | undefined) => Promise<T>,
  { address, token, profile }: Destination,
  { profile: place, token: ownToken }: Environment,
): Promise<T> {
  try {
    try {
      return await call(token);
    } catch (error) {
      if (profile === undefined || !(error instanceof TesseraError && error.status === 401)) {
        throw error;
      }
    }
    return await call((await renew(place, profile)).accessToken);
  } catch (error) {
    if (error instanceof NotSignedInError) throw error;
    throw new CallError(address, ownToken !== undefined, error);
  }
}

function requireToken({ address, token, signedInAt }: Destination): void {
  if (token !== undefined) return;
  const elsewhere = signedInAt === undefined ? "" : ` at ${address} (but at ${signedInAt})`;
  throw new NotSignedInError(
    `not signed in${elsewhere}: tessera login --url ${address}, or set TESSERA_TOKEN`,
  );
}

function optionsFor(
  baseUrl: string,
  token: string | undefined,
  terminal: Terminal,
): TransportOptions {
  const retries = toldRetries(terminal);
  if (token === undefined) return { baseUrl, retries };
  const warn = terminal.tell;
  const options = { baseUrl, credentials: { kind: "bearer", token }, warn, retries } as const;
  if (!terminal.isInteractive) return options;
  const confirmPassword = async () => {
    const password = await terminal.askSecret("Your password, to confirm this: ");
    await createClient(options).sessions.confirm({ body: { password } });
    return true;
  };
  return { ...options, confirmPassword };
}

type Method = (input: unknown) => Promise<unknown>;

/** The SDK's method of an endpoint lies under the endpoint's id, split at its dots. */
function methodOf(endpoint: Endpoint, options: TransportOptions): Method {
  let found: unknown = createClientOf([endpoint], options);
  for (const name of endpoint.id.split(".")) found = (found as Record<string, unknown>)[name];
  return found as Method;
}

function readForm(given: GivenOptions, endpoint: Endpoint): OutputForm {
  const named = single(given, "output") ?? "json";
  const form = outputForms.find((form) => form === named);
  if (form === undefined) throw new UsageError("--output is json, table or ids");
  if (form === "ids" && !hasIds(endpoint)) {
    throw new UsageError(`what ${endpoint.id} answers has no ids: --output is json or table`);
  }
  return form;
}
