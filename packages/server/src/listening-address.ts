import { lookup } from "node:dns/promises";
import { ConfigError } from "./config.ts";

/**
 * The one address at which a host, an address or a name, is listened for. Given the name `localhost`, Fastify would
 * open a server for each of its addresses, and limits, reply headers and the grace of a stop hold on the first alone.
 */
export async function findListeningAddress(host: string): Promise<string> {
  try {
    const { address } = await lookup(host, { order: "ipv4first" });
    return address;
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw new ConfigError(
      `TESSERA_HOST must be an address of this machine or a name of one, not ${JSON.stringify(host)} (${code})`,
    );
  }
}
