import {
  builtInEndpoints,
  type Client,
  createClient,
  createClientOf,
  type Endpoint,
  nearest,
  revealHidden,
  scopeText,
  TesseraError,
  type TransportOptions,
} from "@tessera/sdk";
import { type CommandLine, singleOption, UsageError } from "./command-line.ts";
import { readEndpointInput } from "./endpoint-input.ts";
import { formatReply } from "./output.ts";
import {
  type Environment,
  type Profile,
  readProfile,
  removeProfile,
  writeProfile,
} from "./profile.ts";

const defaultUrl = "http://localhost:8080";

const usage = `tessera: the command line of a Tessera server

  tessera login --username <name or e-mail> [--url ${defaultUrl}]   password from TESSERA_PASSWORD or standard input
  tessera logout
  tessera endpoints                     every request there is, by its name
  tessera <endpoint> [--<option> …]     for example:
    tessera domains.create --name "Plant 7" --route plant-7
    tessera tokens.create --name ci --duration 24h --domainId <id> --scope clients:view:* --scope domains:list_clients
    tessera clients.list --domainId <id> --tags a,b --output table
  --body '<JSON>' gives a whole body; --output json|table.

Scripts set TESSERA_URL and TESSERA_TOKEN (a personal access token) instead of signing in.`;

/** Runs one command; resolves to what to print. `endpoints`: what the server has. */
export async function runCommand(
  line: CommandLine,
  environment: Environment,
  readPassword: () => Promise<string>,
  endpoints: readonly Endpoint[] = builtInEndpoints,
): Promise<string> {
  const [name, ...more] = line.words;
  if (more.length > 0) throw new UsageError(`what is "${more.join(" ")}"? Options begin with --`);
  switch (name) {
    case undefined:
    case "help":
      return usage;
    case "login":
      return logIn(line, environment, readPassword);
    case "logout":
      return logOut(environment);
    case "endpoints":
      return endpoints.map(describe).join("\n");
    default:
      return callEndpoint(requireEndpoint(name, endpoints), line, environment);
  }
}

async function logIn(
  line: CommandLine,
  environment: Environment,
  readPassword: () => Promise<string>,
): Promise<string> {
  const username = singleOption(line, "username");
  if (username === undefined) throw new UsageError("login needs --username");
  const url = singleOption(line, "url") ?? environment.url ?? defaultUrl;
  const password = environment.password ?? (await readPassword());
  const body = { username, password, description: "tessera command line" };
  const pair = await createClient({ baseUrl: url }).sessions.issue({ body });
  writeProfile(environment.profilePath, toProfile(url, pair));
  return `Signed in to ${url} as ${username}.`;
}

async function logOut(environment: Environment): Promise<string> {
  const profile = readProfile(environment.profilePath);
  if (profile === undefined) return "Nobody is signed in.";
  const client = clientOf(profile.url, profile.accessToken);
  try {
    const { refresh_tokens } = await client.sessions.list();
    const current = refresh_tokens.find((session) => session.current);
    if (current !== undefined) await client.sessions.revoke({ body: { token_id: current.id } });
  } catch (error) {
    // A session that has run out needs no ending.
    if (!(error instanceof TesseraError && error.status === 401)) throw error;
  }
  removeProfile(environment.profilePath);
  return "Signed out.";
}

async function callEndpoint(
  endpoint: Endpoint,
  line: CommandLine,
  environment: Environment,
): Promise<string> {
  const form = singleOption(line, "output") ?? "json";
  if (form !== "json" && form !== "table") throw new UsageError("--output is json or table");
  const input = readEndpointInput(endpoint, line);
  const profile =
    environment.token === undefined ? readProfile(environment.profilePath) : undefined;
  const url = singleOption(line, "url") ?? environment.url ?? profile?.url ?? defaultUrl;
  const call = (token: string | undefined) => methodOf(url, token, endpoint)(input);
  try {
    return formatReply(await call(environment.token ?? profile?.accessToken), form);
  } catch (error) {
    if (profile === undefined || !(error instanceof TesseraError && error.status === 401))
      throw error;
    const renewed = await renew(profile);
    writeProfile(environment.profilePath, renewed);
    return formatReply(await call(renewed.accessToken), form);
  }
}

async function renew({ url, refreshToken }: Profile): Promise<Profile> {
  try {
    return toProfile(url, await clientOf(url, refreshToken).sessions.refresh());
  } catch (error) {
    if (!(error instanceof TesseraError && error.status === 401)) throw error;
    throw new UsageError("The session has ended; sign in again with tessera login");
  }
}

function toProfile(url: string, pair: { access_token: string; refresh_token: string }): Profile {
  return { url, accessToken: pair.access_token, refreshToken: pair.refresh_token };
}

function clientOf(baseUrl: string, token: string | undefined): Client {
  return createClient(optionsOf(baseUrl, token));
}

function optionsOf(baseUrl: string, token: string | undefined): TransportOptions {
  return token === undefined ? { baseUrl } : { baseUrl, credentials: { kind: "bearer", token } };
}

/** The SDK's method of an endpoint lies under the endpoint's id, split at its dots. */
function methodOf(
  url: string,
  token: string | undefined,
  endpoint: Endpoint,
): (input: unknown) => Promise<unknown> {
  let found: unknown = createClientOf([endpoint], optionsOf(url, token));
  for (const name of endpoint.id.split(".")) found = (found as Record<string, unknown>)[name];
  return found as (input: unknown) => Promise<unknown>;
}

function requireEndpoint(name: string, endpoints: readonly Endpoint[]): Endpoint {
  const endpoint = endpoints.find(({ id }) => id === name);
  if (endpoint !== undefined) return endpoint;
  const near = nearest(name, ["login", "logout", "endpoints", ...endpoints.map(({ id }) => id)]);
  throw new UsageError(`there is no command "${name}"; did you mean "${near}"?`);
}

function describe({ id, summary, path }: Endpoint): string {
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) => `--${name}`).join(" ");
  return `${id.padEnd(38)} ${summary}${parameters === "" ? "" : `  (${parameters})`}`;
}

/** A failure in words for a person, with the scope that would have helped; what others wrote into it acts on nothing. */
export function explainFailure(error: unknown): string {
  const message = revealHidden((error as Error).message);
  if (!(error instanceof TesseraError)) return message;
  const { missingScope, code } = error;
  if (missingScope === undefined) return `${message} (${code})`;
  const text = scopeText({
    entityType: missingScope.entity_type,
    operation: missingScope.operation,
    entityId: missingScope.entity_id,
  });
  const options = revealHidden(`--domainId ${missingScope.domain_id} --scope ${text}`);
  return `${message} (${code})\n  add it: tessera tokens.add_scopes --tokenId <id> ${options}`;
}
