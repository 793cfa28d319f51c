import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { type ConnectionLimits, createAdmitConnection } from "./connection-limits.ts";

const socketFrom = (remoteAddress: string | undefined) =>
  Object.assign(new EventEmitter(), { remoteAddress, destroy: () => {} }) as unknown as Socket;

const admitWith = (limits: ConnectionLimits) =>
  createAdmitConnection(limits, { isIdle: () => false, onNearlyFull: () => {}, clock: () => 0 });

/** Connections of which the test says which are idle, and those that were closed for newcomers. */
function watched(limits: Omit<ConnectionLimits, "trustedProxies">) {
  const idle = new Set<Socket>();
  const closed: Socket[] = [];
  const heard: boolean[] = [];
  let now = 0;
  const admit = createAdmitConnection(
    { ...limits, trustedProxies: ["loopback"] },
    {
      isIdle: (socket) => idle.has(socket),
      onNearlyFull: (isNearlyFull) => heard.push(isNearlyFull),
      clock: () => now,
    },
  );
  const open = (address: string, isIdle = false) => {
    const socket = socketFrom(address);
    socket.destroy = () => {
      closed.push(socket);
      return socket;
    };
    if (isIdle) idle.add(socket);
    return { socket, refusal: admit(socket) };
  };
  return {
    open,
    closed,
    heard,
    later: () => {
      now += 1000;
    },
  };
}

test("where all connections are taken an idle one of whoever has most is closed for a newcomer", () => {
  const { open, closed } = watched({ inAll: 10, perNetwork: 8 });
  const greedy = Array.from({ length: 6 }, () => open("192.0.2.1", true).socket);
  const modest = Array.from({ length: 4 }, () => open("192.0.2.2", true).socket);
  expect(open("192.0.2.3").refusal).toBeUndefined();
  expect(closed).toEqual([greedy[0]]);
  expect(closed).not.toContain(modest[0]);
  // What has closed by itself is not closed again.
  greedy[1]?.emit("close");
  expect(open("192.0.2.4").refusal).toBeUndefined();
  expect(closed).toHaveLength(1);
});

test("where a network's own connections are taken one of its idle ones is closed for it", () => {
  const { open, closed } = watched({ inAll: 10, perNetwork: 2 });
  const [busy, idle] = [open("192.0.2.1").socket, open("192.0.2.1", true).socket];
  open("192.0.2.2", true);
  expect(open("192.0.2.1").refusal).toBeUndefined();
  expect(closed).toEqual([idle]);
  expect(open("192.0.2.1").refusal).toBe("per network");
  expect(closed).not.toContain(busy);
});

test("what is asked on is never closed, and those of proxies are not", () => {
  const { open, closed, later } = watched({ inAll: 3, perNetwork: 3 });
  open("192.0.2.1");
  open("127.0.0.1", true);
  open("127.0.0.1", true);
  expect(open("192.0.2.2").refusal).toBe("in all");
  later();
  expect(open("192.0.2.2").refusal).toBe("in all");
  expect(closed).toEqual([]);
});

test("it is heard when few connections are left, and when there are more again", () => {
  const { open, heard } = watched({ inAll: 10, perNetwork: 10 });
  const sockets = Array.from({ length: 8 }, () => open("192.0.2.1").socket);
  expect(heard).toEqual([]);
  open("192.0.2.1");
  expect(heard).toEqual([true]);
  sockets[0]?.emit("close");
  expect(heard).toEqual([true, false]);
});

test("one network's connections count together, however its addresses are written, and no other's", () => {
  const admit = admitWith({ inAll: 100, perNetwork: 2, trustedProxies: [] });
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
  const admit = admitWith({ inAll: 100, perNetwork: 1, trustedProxies: [] });
  for (let n = 0; n < 16; n += 1) {
    expect(admit(socketFrom(`2001:db8:1:${n}::1`))).toBeUndefined();
    expect(admit(socketFrom(`2001:db8:1:${n}::2`))).toBe("per network");
  }
  expect(admit(socketFrom("2001:db8:1:99::1"))).toBe("per network");
  expect(admit(socketFrom("2001:db8:2:1::1"))).toBeUndefined();
});

test("one customer's networks leave half of all connections to others", () => {
  const admit = admitWith({ inAll: 100, perNetwork: 10, trustedProxies: [] });
  const admitted = Array.from({ length: 200 }, (_, n) =>
    admit(socketFrom(`2001:db8:1:${n}::1`)),
  ).filter((refusal) => refusal === undefined);
  expect(admitted).toHaveLength(50);
  expect(admit(socketFrom("2001:db8:2:1::1"))).toBeUndefined();
  expect(admit(socketFrom("192.0.2.1"))).toBeUndefined();
});

test("a customer never has fewer connections than one network of theirs may have", () => {
  const admit = admitWith({ inAll: 10, perNetwork: 8, trustedProxies: [] });
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
  const admit = admitWith(limits);
  for (const address of [...addresses, ...addresses, ...addresses]) {
    expect(admit(socketFrom(address))).toBeUndefined();
  }
  expect(admit(socketFrom(addresses[0]))).toBe("in all");
});
