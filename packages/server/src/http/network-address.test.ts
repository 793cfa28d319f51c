import { expect, test } from "vitest";
import { dropForwardedPorts, networkOf, widerNetworkOf } from "./network-address.ts";

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::FFFF:c000:207", "192.0.2.7"],
  ["0:0:0:0:0:ffff:192.0.2.7", "192.0.2.7"],
  ["::192.0.2.7", "0:0:0:0::/64"],
  ["::c000:207", "0:0:0:0::/64"],
  ["::1:2:3:4:5:192.0.2.7", "0:1:2:3::/64"],
  ["2001:db8:1:2:3:4:192.0.2.7", "2001:db8:1:2::/64"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::6", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
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

test.each([
  ["192.0.2.7:4000", "192.0.2.7"],
  ["[2001:db8::6]:4000", "2001:db8::6"],
  ["[2001:db8::6]", "2001:db8::6"],
  ["2001:db8::6", "2001:db8::6"],
  ["[::ffff:192.0.2.7]:1, 10.0.0.1:65535,10.0.0.2", "::ffff:192.0.2.7, 10.0.0.1, 10.0.0.2"],
  ["", ""],
  ["unknown:80", "unknown:80"],
])("a gateway that writes %j means the addresses %j", (written, addresses) => {
  const headers = { "x-forwarded-for": written };
  dropForwardedPorts({ headers });
  expect(headers).toEqual({ "x-forwarded-for": addresses });
});

test("of very many addresses that are claimed those stay that stand nearest", () => {
  const claimed = Array.from({ length: 1_000 }, (_, index) => `10.1.${index % 200}.7:1`);
  const headers = { "x-forwarded-for": claimed.join(",") };
  dropForwardedPorts({ headers });
  expect(headers["x-forwarded-for"].split(", ")).toEqual(
    claimed.slice(-20).map((address) => address.slice(0, -2)),
  );
  const few = { "x-forwarded-for": ",,," };
  dropForwardedPorts({ headers: few });
  expect(few["x-forwarded-for"].split(", ")).toHaveLength(4);
});
