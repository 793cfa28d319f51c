import { BlockList, isIPv6, type Socket } from "node:net";
import { networkOf, widerNetworkFactor, widerNetworkOf } from "./network-address.ts";

/** How many connections may be open. */
export interface ConnectionLimits {
  readonly inAll: number;
  /** From one network; not of proxies, which bring the requests of many. */
  readonly perNetwork: number;
  /** As the setting `trusted_proxies` has them: addresses, networks, or words for networks. */
  readonly trustedProxies: readonly string[];
}

/** Counts a connection until it closes, or tells which limit forbids it. */
export type AdmitConnection = (socket: Socket) => "in all" | "per network" | undefined;

/** What the words stand for (RFC 1122, 1918, 3927, 4193, 4291). */
const networksOfWord: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  linklocal: ["169.254.0.0/16", "fe80::/10"],
  uniquelocal: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

export function createAdmitConnection(limits: ConnectionLimits): AdmitConnection {
  const { inAll, perNetwork, trustedProxies } = limits;
  const isProxy = createIsProxy(trustedProxies);
  // However many networks somebody commands: half of all stays for others, unless one network alone may have more.
  const perWiderNetwork = Math.max(
    perNetwork,
    Math.min(perNetwork * widerNetworkFactor, Math.floor(inAll / 2)),
  );
  const open = new Map<string, number>();
  let openInAll = 0;

  function count(keys: readonly string[], step: 1 | -1): void {
    openInAll += step;
    for (const key of keys) {
      const next = (open.get(key) ?? 0) + step;
      if (next > 0) open.set(key, next);
      else open.delete(key);
    }
  }

  return (socket) => {
    if (openInAll >= inAll) return "in all";
    const address = socket.remoteAddress;
    const network = address === undefined || isProxy(address) ? undefined : networkOf(address);
    const wider = network === undefined ? undefined : widerNetworkOf(network);
    const isFull = (key: string | undefined, limit: number) =>
      key !== undefined && (open.get(key) ?? 0) >= limit;
    if (isFull(network, perNetwork) || isFull(wider, perWiderNetwork)) {
      return "per network";
    }
    const keys = [network, wider].filter((key) => key !== undefined);
    count(keys, 1);
    socket.once("close", () => count(keys, -1));
    return undefined;
  };
}

function createIsProxy(trustedProxies: readonly string[]): (address: string) => boolean {
  const proxies = new BlockList();
  for (const network of trustedProxies.flatMap((word) => networksOfWord[word] ?? word)) {
    const [address = "", bits] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  return (address) => proxies.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
