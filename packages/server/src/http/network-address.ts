import type { IncomingMessage } from "node:http";

/** What one household or attacker commands: an IPv4 address, or the /64 network of an IPv6 address. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [text = ""] = address.split("%", 1);
  const ipv4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1];
  if (ipv4 !== undefined) return ipv4;
  const groups = groupsOfAddress(text.replace(/\d+\.\d+\.\d+\.\d+$/, inTwoGroups));
  const isIpv4Inside = groups.slice(0, 6).join(":") === "0:0:0:0:0:ffff";
  if (isIpv4Inside) return groups.slice(6).flatMap(bytesOfGroup).join(".");
  return `${groups.slice(0, 4).join(":")}::/64`;
}

/** So many times what one network may is what all networks of a wider one may together. */
export const widerNetworkFactor = 16;

/** The /48 that holds a /64 of {@link networkOf}: what one customer of a provider is given; of all else `undefined`. */
export function widerNetworkOf(network: string): string | undefined {
  const prefix = /^([^:]+:[^:]+:[^:]+):[^:]+::\/64$/.exec(network)?.[1];
  return prefix === undefined ? undefined : `${prefix}::/48`;
}

/** There are hardly so many proxies before a server. */
const maximumForwarded = 20;

/**
 * Takes ports out of `X-Forwarded-For`, before anybody reads an address from it: some gateways write them, and neither
 * a client's network nor a trusted proxy is known by one. Of very many addresses the last ones stay, which those who stand
 * nearest have added: each that is trusted would have to be looked at.
 */
export function dropForwardedPorts({ headers }: Pick<IncomingMessage, "headers">): void {
  const forwarded = headers["x-forwarded-for"];
  if (typeof forwarded !== "string") return;
  headers["x-forwarded-for"] = lastOf(forwarded, maximumForwarded)
    .split(",")
    .map((written) => withoutPort(written.trim()))
    .join(", ");
}

function lastOf(list: string, count: number): string {
  let start = list.length;
  for (let found = 0; found < count && start >= 0; found += 1) {
    start = start === 0 ? -1 : list.lastIndexOf(",", start - 1);
  }
  return list.slice(start + 1);
}

function withoutPort(written: string): string {
  return (
    /^\[([^\]]*)\](?::\d+)?$/.exec(written)?.[1] ??
    /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(written)?.[1] ??
    written
  );
}

/** All eight of them. */
function groupsOfAddress(text: string): readonly string[] {
  const [head = "", tail] = text.split("::");
  const before = groupsOf(head);
  const after = groupsOf(tail ?? "");
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  return [...before, ...zeros, ...after];
}

function inTwoGroups(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split(".").map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function bytesOfGroup(group: string): readonly number[] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 255];
}

function groupsOf(part: string): string[] {
  return part === ""
    ? []
    : part.split(":").map((group) => group.toLowerCase().replace(/^0+(?=.)/, ""));
}
