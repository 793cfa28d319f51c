import type { Access } from "@tessera/contract";
import { type Addressed, addressOf } from "./address-of.ts";
import { networkOf } from "./network-address.ts";
import { createNetworkRateLimit, requireRate } from "./rate-limit.ts";

/** Counts requests of a row that anyone may send so many times; throws 429. */
export function createAddressShare(access: Access, clock: () => number): (from: Addressed) => void {
  if (access.kind !== "anonymous_limited") return () => {};
  const { perMinute } = access;
  const rate = { count: perMinute, perMilliseconds: 60_000, burst: perMinute };
  const limit = createNetworkRateLimit(rate, clock);
  return (from) => {
    const network = networkOf(addressOf(from));
    requireRate(
      limit,
      network,
      (seconds) => `This may be asked ${perMinute} times a minute; try again in ${seconds} s`,
    );
    limit.count(network);
  };
}
