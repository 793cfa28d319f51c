import { BlockList, isIPv6, type Socket } from "node:net";
import { networkOf, widerNetworkFactor, widerNetworkOf } from "./network-address.ts";
import { createTally } from "./tally.ts";

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

/** How connections stand that are open. */
export interface OpenConnections {
  /** Whether nobody is asking or being answered on it now. */
  isIdle(socket: Socket): boolean;
  /** Hears when few more connections can be had, and when there is room again. */
  onNearlyFull(isNearlyFull: boolean): void;
  readonly clock: () => number;
}

/** From so much of all on, connections are soon had no more. */
const nearlyFull = 0.8;
/** So much of its idle connections a network gives up at once. */
const givenUp = 0.1;
/** Where nothing was idle it is not looked again for so long. */
const restMilliseconds = 1000;

/** What the words stand for (RFC 1122, 1918, 3927, 4193, 4291). */
const networksOfWord: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  linklocal: ["169.254.0.0/16", "fe80::/10"],
  uniquelocal: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

/**
 * A newcomer is refused only where none of those who have most connections leaves one idle: where all are taken, the
 * network that has most of them gives some up; where its own are, the newcomer's.
 */
export function createAdmitConnection(
  { inAll, perNetwork, trustedProxies }: ConnectionLimits,
  { isIdle, onNearlyFull, clock }: OpenConnections,
): AdmitConnection {
  const isProxy = createIsProxy(trustedProxies);
  // However many networks somebody commands: half of all stays for others, unless one network alone may have more.
  const perWiderNetwork = Math.max(
    perNetwork,
    Math.min(perNetwork * widerNetworkFactor, Math.floor(inAll / 2)),
  );
  /** By network; those of proxies are in none. */
  const open = new Map<string, Map<Socket, () => void>>();
  const openInWider = createTally();
  let openInAll = 0;
  let isNearlyFull = false;
  let lookedInVainAt = Number.NEGATIVE_INFINITY;

  const countWider = (wider: string | undefined, step: 1 | -1) => {
    if (wider !== undefined) openInWider.add(wider, step);
  };
  const countInAll = (step: 1 | -1) => {
    openInAll += step;
    if (openInAll > inAll * nearlyFull === isNearlyFull) return;
    isNearlyFull = !isNearlyFull;
    onNearlyFull(isNearlyFull);
  };
  const enter = (socket: Socket, network: string | undefined, wider: string | undefined) => {
    const sockets = network === undefined ? undefined : (open.get(network) ?? new Map());
    let isCounted = true;
    const leave = () => {
      if (!isCounted) return;
      isCounted = false;
      countInAll(-1);
      countWider(wider, -1);
      sockets?.delete(socket);
      if (network !== undefined && sockets?.size === 0) open.delete(network);
    };
    if (network !== undefined && sockets !== undefined) {
      open.set(network, sockets.set(socket, leave));
    }
    countWider(wider, 1);
    countInAll(1);
    socket.once("close", leave);
  };

  /** Whether there is room now. */
  const closeIdleOf = (network: string | undefined): boolean => {
    const sockets = [...(open.get(network ?? "") ?? [])];
    const idle = sockets.filter(([socket]) => isIdle(socket));
    // The oldest first.
    for (const [socket, leave] of idle.slice(0, Math.ceil(idle.length * givenUp))) {
      leave();
      socket.destroy();
    }
    return idle.length > 0;
  };
  const findLargest = (wider?: string) => {
    let largest: string | undefined;
    let most = 0;
    for (const [network, { size }] of open) {
      if (size <= most || (wider !== undefined && widerNetworkOf(network) !== wider)) continue;
      largest = network;
      most = size;
    }
    return largest;
  };
  const makeRoom = (find: () => string | undefined): boolean => {
    if (Math.abs(clock() - lookedInVainAt) < restMilliseconds) return false;
    if (closeIdleOf(find())) return true;
    lookedInVainAt = clock();
    return false;
  };

  return (socket) => {
    const address = socket.remoteAddress;
    const network = address === undefined || isProxy(address) ? undefined : networkOf(address);
    const wider = network === undefined ? undefined : widerNetworkOf(network);
    const isFull = () => network !== undefined && (open.get(network)?.size ?? 0) >= perNetwork;
    const isWiderFull = () => wider !== undefined && openInWider.of(wider) >= perWiderNetwork;
    if (isFull() && !closeIdleOf(network)) return "per network";
    if (isWiderFull() && !makeRoom(() => findLargest(wider))) return "per network";
    if (openInAll >= inAll && !makeRoom(findLargest)) return "in all";
    enter(socket, network, wider);
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
