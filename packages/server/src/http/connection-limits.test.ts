import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { createAdmitConnection } from "./connection-limits.ts";

const socketFrom = (remoteAddress: string | undefined) =>
  Object.assign(new EventEmitter(), { remoteAddress }) as unknown as Socket;

test("one network's connections count together, however its addresses are written, and no other's", () => {
  const admit = createAdmitConnection({ inAll: 100, perNetwork: 2, trustedProxies: [] });
  const first = socketFrom("10.0.0.1");
  expect(admit(first)).toBeUndefined();
  expect(admit(socketFrom("::ffff:10.0.0.1"))).toBeUndefined();
  expect(admit(socketFrom("10.0.0.1"))).toBe("per network");
  expect(admit(socketFrom("10.0.0.2"))).toBeUndefined();
  first.emit("close");
  expect(admit(socketFrom("10.0.0.1"))).toBeUndefined();
  expect(admit(socketFrom("10.0.0.1"))).toBe("per network");
});

test("all networks of one customer have sixteen times the connections of one", () => {
  const admit = createAdmitConnection({ inAll: 100, perNetwork: 1, trustedProxies: [] });
  for (let n = 0; n < 16; n += 1) {
    expect(admit(socketFrom(`2001:db8:1:${n}::1`))).toBeUndefined();
    expect(admit(socketFrom(`2001:db8:1:${n}::2`))).toBe("per network");
  }
  expect(admit(socketFrom("2001:db8:1:99::1"))).toBe("per network");
  expect(admit(socketFrom("2001:db8:2:1::1"))).toBeUndefined();
});

test("one customer's networks leave half of all connections to others", () => {
  const admit = createAdmitConnection({ inAll: 100, perNetwork: 10, trustedProxies: [] });
  const admitted = Array.from({ length: 200 }, (_, n) =>
    admit(socketFrom(`2001:db8:1:${n}::1`)),
  ).filter((refusal) => refusal === undefined);
  expect(admitted).toHaveLength(50);
  expect(admit(socketFrom("2001:db8:2:1::1"))).toBeUndefined();
  expect(admit(socketFrom("192.0.2.1"))).toBeUndefined();
});

test("a customer never has fewer connections than one network of theirs may have", () => {
  const admit = createAdmitConnection({ inAll: 10, perNetwork: 8, trustedProxies: [] });
  for (let n = 0; n < 8; n += 1) expect(admit(socketFrom("2001:db8:1:1::1"))).toBeUndefined();
  expect(admit(socketFrom("2001:db8:1:1::1"))).toBe("per network");
});

test.each([
  ["loopback", ["127.0.0.9", "::1", "::ffff:127.0.0.1"]],
  ["linklocal", ["169.254.1.1", "fe80::1"]],
  ["uniquelocal", ["10.1.2.3", "172.31.0.1", "192.168.7.7", "fd00::1"]],
  ["192.0.2.0/24", ["192.0.2.200", "::ffff:192.0.2.200"]],
  ["2001:db8::/32", ["2001:db8:7::1"]],
])("connections of the proxies %s count in all alone", (proxy, addresses) => {
  const limits = { inAll: 3 * addresses.length, perNetwork: 1, trustedProxies: [proxy] };
  const admit = createAdmitConnection(limits);
  for (const address of [...addresses, ...addresses, ...addresses]) {
    expect(admit(socketFrom(address))).toBeUndefined();
  }
  expect(admit(socketFrom(addresses[0]))).toBe("in all");
});
