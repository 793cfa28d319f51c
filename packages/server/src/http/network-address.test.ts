import { expect, test } from "vitest";
import { networkOf, widerNetworkOf } from "./network-address.ts";

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::6", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["192.0.2.7:4000", "192.0.2.7"],
  ["[2001:db8:1:2::6]:4000", "2001:db8:1:2::/64"],
])("failures from %s are counted for %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test.each([
  ["2001:db8:1:2::/64", "2001:db8:1::/48"],
  ["2001:db8:0:0::/64", "2001:db8:0::/48"],
  ["2001:db8:1::/48", undefined],
  ["192.0.2.7", undefined],
  ["user:2001", undefined],
])("what was done from %s is counted for %s too", (network, wider) => {
  expect(widerNetworkOf(network)).toBe(wider);
});
