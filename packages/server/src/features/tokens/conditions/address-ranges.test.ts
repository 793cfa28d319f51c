import { BlockList } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileAddresses, readNetwork } from "./address-ranges.ts";

test("an IPv4 address is the same written as IPv6, in a condition and on a connection", () => {
  for (const allow of [["10.0.0.1"], ["::ffff:10.0.0.1"], ["::ffff:a00:1"]]) {
    const admits = compileAddresses({ allow });
    expect(["10.0.0.1", "::ffff:10.0.0.1", "::ffff:a00:1"].map(admits)).toEqual([true, true, true]);
    expect(["10.0.0.2", "::ffff:10.0.0.2", "::a00:1"].map(admits)).toEqual([false, false, false]);
  }
  expect(readNetwork("::ffff:10.0.0.0/104").text).toBe("10.0.0.0/8");
});

test("an IPv6 address that is written with an IPv4 one at its end is that IPv6 address", () => {
  for (const [written, hex] of [
    ["::10.9.9.1", "::a09:901"],
    ["64:ff9b::10.9.9.1", "64:ff9b::a09:901"],
    ["2001:db8:0:0:0:1:10.9.9.1", "2001:db8::1:a09:901"],
  ] as const) {
    expect(readNetwork(written).text).toBe(hex);
    for (const rule of [{ allow: [written] }, { allow: [hex] }]) {
      const admits = compileAddresses(rule);
      expect([written, hex, "10.9.9.1"].map(admits)).toEqual([true, true, false]);
    }
    const others = compileAddresses({ allow: ["::/0", "0.0.0.0/0"], deny: [written] });
    expect([written, hex, "10.9.9.1"].map(others)).toEqual([false, false, true]);
  }
  expect(readNetwork("::10.9.9.0/120").text).toBe("::a09:900/120");
});

test("what denies goes before what allows, and without an allowed one all others are", () => {
  const admits = compileAddresses({ allow: ["10.0.0.0/8"], deny: ["10.0.9.0/24"] });
  expect(["10.0.8.255", "10.0.9.0", "10.0.9.255", "10.0.10.0", "11.0.0.0"].map(admits)).toEqual([
    true,
    false,
    false,
    true,
    false,
  ]);
  const others = compileAddresses({ deny: ["2001:db8::/32"] });
  expect(["2001:db8::1", "2001:db9::1", "10.0.0.1"].map(others)).toEqual([false, true, true]);
});

test("what is no address is from nowhere that is allowed, also where only some are denied", () => {
  for (const rule of [{ allow: ["0.0.0.0/0", "::/0"] }, { deny: ["192.0.2.1"] }]) {
    const admits = compileAddresses(rule);
    for (const text of [
      "",
      "unknown",
      "localhost",
      "010.0.0.1",
      "10.1",
      "0x7f.1",
      "[::1]",
      "10.0.0.1:80",
    ]) {
      expect(admits(text), text).toBe(false);
    }
    expect(admits("fe80::1%eth0")).toBe(true);
  }
});

test("a network with bits beyond it is told as it is meant", () => {
  expect(readNetwork("10.0.0.5/8")).toMatchObject({ hasHostBits: true, text: "10.0.0.0/8" });
  expect(readNetwork("2001:db8::1/32")).toMatchObject({ hasHostBits: true, text: "2001:db8::/32" });
  expect(readNetwork("10.0.0.5/32")).toMatchObject({ hasHostBits: false, text: "10.0.0.5" });
  expect(readNetwork("2001:0DB8:0::/32")).toMatchObject({
    hasHostBits: false,
    text: "2001:db8::/32",
  });
  expect(readNetwork("::/0")).toMatchObject({ hasHostBits: false, text: "::/0" });
});

const familyOf = (address: string) => (address.includes(":") ? "ipv6" : "ipv4");

const runCount = 2_000;
// Few different bytes, so that networks overlap and hold the addresses.
const byte = fc.constantFrom(0, 1, 10, 127, 128, 255);
const ipv4 = fc.array(byte, { minLength: 4, maxLength: 4 }).map((bytes) => bytes.join("."));
const ipv6 = fc
  .array(fc.constantFrom(0, 1, 0xd_b8, 0x8000, 0xffff), { minLength: 8, maxLength: 8 })
  .filter((groups) => groups.slice(0, 5).some((group) => group !== 0))
  .map((groups) => groups.map((group) => group.toString(16)).join(":"));
const network = fc.oneof(
  fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })),
  fc.tuple(ipv6, fc.integer({ min: 0, max: 128 })),
);

test(`${runCount} random lists of networks hold what Node's own list holds`, () => {
  let held = 0;
  fc.assert(
    fc.property(
      fc.array(network, { minLength: 1, maxLength: 64 }),
      fc.array(fc.oneof(ipv4, ipv6), { minLength: 1, maxLength: 8 }),
      (networks, addresses) => {
        const allow = networks.map(([address, length]) => readNetwork(`${address}/${length}`).text);
        const admits = compileAddresses({ allow });
        // One list for each family: a network of IPv6 holds no address of IPv4, however large it is.
        const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
        for (const [address, length] of networks) {
          lists[familyOf(address)].addSubnet(address, length, familyOf(address));
        }
        for (const address of addresses) {
          const isHeld = lists[familyOf(address)].check(address, familyOf(address));
          expect(admits(address), address).toBe(isHeld);
          if (isHeld) held += 1;
        }
      },
    ),
    { numRuns: runCount },
  );
  expect(held).toBeGreaterThan(runCount / 10);
});
