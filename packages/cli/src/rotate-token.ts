import { isCredentialText, parseToken } from "@tessera/contract";
import { type Client, createClient, type RequestOf, TesseraError } from "@tessera/sdk";
import type { GivenOptions } from "./endpoint-input.ts";
import type { Environment } from "./environment.ts";
import { CallError, NotSignedInError } from "./failures.ts";
import { single, timeLimit } from "./given-options.ts";
import { addressOf } from "./session.ts";
import type { Terminal } from "./terminal.ts";
import { fetchWithin } from "./time-limit.ts";
import { openBeside, readTokenFile } from "./token-file.ts";
import { toldRetries } from "./told-retries.ts";

/** How a token is rotated, as an option each. */
const rotationOptions = ["cutover", "overlap", "duration", "linger"] as const;

/**
 * Rotates a token that is kept in a file, in its own name: the file has the new secret before anybody uses it, and the
 * first use is made here. Wherever this is cut short, what is in the file works. Resolves to what the token then is.
 */
export async function rotateTokenFile(
  path: string,
  given: GivenOptions,
  environment: Environment,
  terminal: Terminal,
): Promise<unknown> {
  const token = readTokenFile(path) ?? environment.token;
  if (token === undefined) {
    throw new NotSignedInError(`there is no token: not in ${path}, and TESSERA_TOKEN is not set`);
  }
  const address = addressOf(single(given, "url"), environment.url);
  const fetch = fetchWithin(timeLimit(given));
  const call = async <T>(bearer: string, ask: (client: Client) => Promise<T>): Promise<T> => {
    const credentials = { kind: "bearer", token: bearer } as const;
    // Of the token that is replaced here it need not be said that it ends.
    const warn = bearer === token ? () => {} : terminal.tell;
    try {
      const retries = toldRetries(terminal);
      return await ask(createClient({ baseUrl: address, credentials, fetch, warn, retries }));
    } catch (error) {
      throw new CallError(address, false, error);
    }
  };
  const body = Object.fromEntries(
    rotationOptions.map((name) => [name, single(given, name)] as const),
  ) as RequestOf<"tokens.rotate_self">["body"];
  const beside = openBeside(path);
  try {
    const secret = await call(token, async (client) =>
      readSecret(await client.tokens.rotate_self({ body }), token),
    );
    beside.replaceWith(secret);
    return await call(secret, (client) => client.tokens.view_self());
  } finally {
    beside.discard();
  }
}

/** A portal, or another service at that address, may answer with anything: the token that works stays where it is then. */
function readSecret(reply: unknown, replaced: string): string {
  const { secret } = (reply ?? {}) as { readonly secret?: unknown };
  if (isCredentialText(secret) && isOfSameToken(secret, replaced)) return secret;
  throw new TesseraError("unexpected_reply", "The answer holds no new secret of this token");
}

/** Where the replaced text says its token and is whole, the new one does, too. */
function isOfSameToken(secret: string, replaced: string): boolean {
  const token = tokenIdOf(replaced);
  return token === undefined || tokenIdOf(secret) === token;
}

function tokenIdOf(text: string): string | undefined {
  const [prefix = ""] = text.split("_", 1);
  return parseToken(prefix, text)?.tokenId;
}
