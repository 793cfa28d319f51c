import type { IncomingMessage } from "node:http";

/** What one household or attacker commands: an IPv4 address, or the /64 network of an IPv6 address. */
export function networkOf(address: string): string {
  const ipv4 = /(?:^|:)(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (ipv4 !== undefined || !address.includes(":")) return ipv4 ?? address;
  const [head = "", tail] = (address.split("%", 1)[0] ?? "").split("::");
  const before = groupsOf(head);
  const after = groupsOf(tail ?? "");
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  return `${[...before, ...zeros, ...after].slice(0, 4).join(":")}::/64`;
}

/** So many times what one network may is what all networks of a wider one may together. */
export const widerNetworkFactor = 16;

/** The /48 that holds a /64 of {@link networkOf}: what one customer of a provider is given; of all else `undefined`. */
export function widerNetworkOf(network: string): string | undefined {
  const prefix = /^([^:]+:[^:]+:[^:]+):[^:]+::\/64$/.exec(network)?.[1];
  return prefix === undefined ? undefined : `${prefix}::/48`;
}

/**
 * Takes ports out of `X-Forwarded-For`, before anybody reads an address from it: some gateways write them, and neither
 * a client's network nor a trusted proxy is known by one.
 */
export function dropForwardedPorts({ headers }: Pick<IncomingMessage, "headers">): void {
  const forwarded = headers["x-forwarded-for"];
  if (typeof forwarded !== "string") return;
  headers["x-forwarded-for"] = forwarded
    .split(",")
    .map((written) => withoutPort(written.trim()))
    .join(", ");
}

function withoutPort(written: string): string {
  return (
    /^\[([^\]]*)\](?::\d+)?$/.exec(written)?.[1] ??
    /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(written)?.[1] ??
    written
  );
}

function groupsOf(part: string): string[] {
  return part === ""
    ? []
    : part.split(":").map((group) => group.toLowerCase().replace(/^0+(?=.)/, ""));
}
