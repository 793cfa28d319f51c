import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Addresses from `first` to `last`, both included, as numbers. */
interface Range {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

type Family = "ipv4" | "ipv6";

/** A network as it was written, and as it is written well. */
export interface ReadNetwork {
  /** With an IPv4 address inside of IPv6 as what it is, and only the bits that are the network's. */
  readonly text: string;
  /** Whether it names an address beyond the bits of its network, as `10.0.0.5/8` does. */
  readonly hasHostBits: boolean;
  readonly range: Range;
}

/** Reads an address or a network that the contract has let through. */
export function readNetwork(written: string): ReadNetwork {
  const [addressText = "", lengthText] = written.split("/");
  const parsed = ipaddr.parse(inHexadecimal(addressText));
  const lengthOfAll = parsed.kind() === "ipv4" ? 32 : 128;
  const length = lengthText === undefined ? lengthOfAll : Number(lengthText);
  const isIpv4Inside =
    parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && length >= 96;
  return isIpv4Inside ? networkOf(parsed.toIPv4Address(), length - 96) : networkOf(parsed, length);
}

function networkOf(address: ipaddr.IPv4 | ipaddr.IPv6, length: number): ReadNetwork {
  const bytes = address.toByteArray();
  const bits = bytes.length * 8;
  const value = numberOf(bytes);
  const hostBits = BigInt(bits - length);
  const first = (value >> hostBits) << hostBits;
  const network = ipaddr.fromByteArray(bytesOf(first, bytes.length)).toString();
  return {
    text: length === bits ? network : `${network}/${length}`,
    hasHostBits: first !== value,
    range: { family: address.kind(), first, last: first | ((1n << hostBits) - 1n) },
  };
}

const keptAnswers = 16;

/**
 * Whether an address is allowed: within a network of `allow`, where there is one, and within none of `deny`. Whoever
 * asks comes from few addresses again and again, so some answers are kept, each with its address: that it is nothing
 * else they come of. Any other is looked up among sorted ranges.
 */
export function compileAddresses({
  allow,
  deny,
}: {
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
}): (address: string) => boolean {
  const isAllowed = allow === undefined ? () => true : compileNetworks(allow);
  const isDenied = deny === undefined ? () => false : compileNetworks(deny);
  const answers = new Map<string, boolean>();
  let last = { address: "", isAdmitted: false };
  const look = (address: string): boolean => {
    const known = answers.get(address);
    if (known !== undefined) return known;
    const seen = readAddress(address);
    const isAdmitted = seen !== undefined && isAllowed(seen) && !isDenied(seen);
    if (answers.size === keptAnswers) answers.clear();
    answers.set(address, isAdmitted);
    return isAdmitted;
  };
  return (address) => {
    // Comparing texts takes less than looking one up, and one use asks twice.
    if (address !== last.address) last = { address, isAdmitted: look(address) };
    return last.isAdmitted;
  };
}

interface SeenAddress {
  readonly family: Family;
  readonly value: bigint;
}

/** An address as a connection or a proxy tells it: the zone of one's own link says nothing of who it is. */
function readAddress(text: string): SeenAddress | undefined {
  const [address = ""] = text.split("%", 1);
  // The library also reads what no connection tells, such as 010.0.0.1.
  if (isIP(address) === 0) return undefined;
  const parsed = ipaddr.process(inHexadecimal(address));
  return { family: parsed.kind(), value: numberOf(parsed.toByteArray()) };
}

/** An IPv6 address without an IPv4 one at its end: the library takes `::10.0.0.1` for `::ffff:10.0.0.1`, which it is not. */
function inHexadecimal(address: string): string {
  if (!address.includes(":") || !address.includes(".")) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function compileNetworks(networks: readonly string[]): (address: SeenAddress) => boolean {
  const ranges = networks.map((text) => readNetwork(text).range);
  const byFamily = { ipv4: merged(ranges, "ipv4"), ipv6: merged(ranges, "ipv6") };
  return ({ family, value }) => {
    const range = byFamily[family].findLast(({ first }) => first <= value);
    return range !== undefined && value <= range.last;
  };
}

/** Sorted, so that the last one that begins at an address or before holds it, if any does. */
function merged(ranges: readonly Range[], family: Family): readonly Range[] {
  const sorted = ranges
    .filter((range) => range.family === family)
    .toSorted((one, other) => (one.first < other.first ? -1 : 1));
  const kept: Range[] = [];
  for (const range of sorted) {
    const before = kept.at(-1);
    if (before === undefined || range.first > before.last) kept.push(range);
    else if (range.last > before.last) kept.splice(-1, 1, { ...before, last: range.last });
  }
  return kept;
}

function numberOf(bytes: readonly number[]): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function bytesOf(value: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, index) =>
    Number((value >> BigInt(8 * (count - 1 - index))) & 255n),
  );
}
