import { expect, test } from "vitest";
import { addressShares } from "../accounts/account-load.ts";
import { createTurns, type InTurn, type Share } from "./turns.ts";

const share = (key: string, maximumWaiting = 100): Share => ({ key, maximumWaiting });

/** Fills the only place, so that all that comes after waits; `open` lets the works run one after the other. */
function hold(inTurn: InTurn) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = inTurn([share("first")], () => promise);
  return async () => {
    resolve();
    await first;
  };
}

/** Sends works, and tells in which order they ran and what became of the others. */
function recordOrder(inTurn: InTurn) {
  const order: string[] = [];
  const refused: string[] = [];
  const sent: Promise<void>[] = [];
  return {
    order,
    refused,
    send: (name: string, shares: readonly Share[]) => {
      const work = inTurn(shares, async () => void order.push(name));
      sent.push(work.catch((error) => void refused.push(`${name} ${error.code}`)));
    },
    settle: () => Promise.all(sent),
  };
}

test("no more works run at once than allowed, in the order they came", async () => {
  const inTurn = createTurns(2).newLine(10);
  let running = 0;
  let most = 0;
  const started: number[] = [];
  const work = (name: number) =>
    inTurn([share(`account ${name}`)], async () => {
      started.push(name);
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return name;
    });
  const results = await Promise.all([0, 1, 2, 3, 4, 5].map(work));
  expect(results).toEqual([0, 1, 2, 3, 4, 5]);
  expect(started).toEqual([0, 1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

test("a work that fails gives its turn to the next", async () => {
  const inTurn = createTurns(1).newLine(5);
  const failing = inTurn([], () => Promise.reject(new Error("no")));
  const next = inTurn([], async () => "done");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("done");
  expect(await inTurn([], async () => "later")).toBe("later");
});

test.each([
  ["one account at one address", () => [share("account A"), share("address a")]],
  ["one account at many addresses", (n: number) => [share("account A"), share(`address ${n}`)]],
  ["many accounts at one address", (n: number) => [share(`account ${n}`), share("address a")]],
])("whoever comes after a flood of %s has the turn after next", async (_, sharesOf) => {
  const inTurn = createTurns(1).newLine(200);
  const open = hold(inTurn);
  const { order, send, settle } = recordOrder(inTurn);
  for (let n = 0; n < 50; n += 1) send("flood", sharesOf(n));
  send("newcomer", [share("account of the newcomer"), share("address of the newcomer")]);
  await open();
  await settle();
  expect(order.indexOf("newcomer")).toBeLessThanOrEqual(1);
  expect(order).toHaveLength(51);
});

test("a flood that has had many turns already gives the next ones to others", async () => {
  const inTurn = createTurns(1).newLine(200);
  const open = hold(inTurn);
  const { order, send, settle } = recordOrder(inTurn);
  for (let n = 0; n < 20; n += 1) send("flood", [share("flood")]);
  for (let n = 0; n < 5; n += 1) send("other", [share("other")]);
  await open();
  await settle();
  expect(order.slice(0, 10).filter((name) => name === "other")).toHaveLength(5);
});

test("under one share only a few may wait; the others are refused, and nobody else", async () => {
  const inTurn = createTurns(1).newLine(200);
  const open = hold(inTurn);
  const { order, refused, send, settle } = recordOrder(inTurn);
  for (let n = 0; n < 5; n += 1) send(`flood ${n}`, [share("account", 3), share("address", 50)]);
  send("neighbour", [share("another account", 3), share("address", 50)]);
  await open();
  await settle();
  expect(refused).toEqual(["flood 3 rate_limited", "flood 4 rate_limited"]);
  expect(order.toSorted()).toEqual(["flood 0", "flood 1", "flood 2", "neighbour"]);
});

test("in a full line whoever has most waiting loses the newest, never the newcomer", async () => {
  const inTurn = createTurns(1).newLine(6);
  const open = hold(inTurn);
  const { order, refused, send, settle } = recordOrder(inTurn);
  for (let n = 0; n < 4; n += 1) send(`flood ${n}`, [share(`account ${n}`), share("address")]);
  send("early", [share("early")]);
  send("early too", [share("early too")]);
  send("newcomer", [share("newcomer")]);
  await open();
  await settle();
  expect(refused).toEqual(["flood 3 rate_limited"]);
  expect(order.toSorted()).toEqual([
    "early",
    "early too",
    "flood 0",
    "flood 1",
    "flood 2",
    "newcomer",
  ]);
});

test("in a line that is full of single works the refused is told that the server is busy", async () => {
  const inTurn = createTurns(1).newLine(1);
  const open = hold(inTurn);
  const { order, refused, send, settle } = recordOrder(inTurn);
  send("one", [share("one")]);
  send("another", [share("another")]);
  await open();
  await settle();
  expect([order, refused]).toEqual([["another"], ["one unavailable"]]);
});

test("lines that share their places take turns, however long one of them is", async () => {
  const turns = createTurns(1);
  const [registrations, changes] = [turns.newLine(100), turns.newLine(100)];
  const open = hold(registrations);
  const order: string[] = [];
  const send = (inTurn: InTurn, name: string, key: string) =>
    inTurn([share(key)], async () => void order.push(name));
  const sent = Array.from({ length: 30 }, (_, n) => send(registrations, "register", `a${n}`));
  for (let n = 0; n < 4; n += 1) sent.push(send(changes, "change", `b${n}`));
  await open();
  await Promise.all(sent);
  const share4 = order.slice(0, 8).filter((name) => name === "change");
  expect(share4).toHaveLength(4);
});

test("who waits in a full line is not pushed out by the other line, nor kept waiting longer than by turns", async () => {
  const turns = createTurns(1);
  const [known, strangers] = [turns.newLine(3), turns.newLine(3)];
  const open = hold(known);
  const order: string[] = [];
  const refused: string[] = [];
  const send = (inTurn: InTurn, name: string) =>
    inTurn([share(name)], async () => void order.push(name)).catch(() => void refused.push(name));
  const sent = ["k1", "k2", "k3", "k4", "k5"].map((name) => send(known, name));
  sent.push(...["s1", "s2", "s3"].map((name) => send(strangers, name)));
  await open();
  await Promise.all(sent);
  expect(refused).toEqual(["k3", "k4"]);
  expect(order).toEqual(["s1", "k1", "s2", "k2", "s3", "k5"]);
});

test("at one address accounts take turns, whichever came first", async () => {
  const inTurn = createTurns(1).newLine(200);
  const open = hold(inTurn);
  const { order, send, settle } = recordOrder(inTurn);
  const address = share("address", 200);
  for (let n = 0; n < 30; n += 1) send("flood", [share(`account ${n % 3}`), address]);
  send("neighbour", [share("neighbour"), address]);
  await open();
  await settle();
  expect(order.indexOf("neighbour")).toBeLessThanOrEqual(3);
  expect(order).toHaveLength(31);
});

test("at a full address whoever has most waiting makes room for an account that has less", async () => {
  const inTurn = createTurns(1).newLine(200);
  const open = hold(inTurn);
  const { order, refused, send, settle } = recordOrder(inTurn);
  const address = share("address", 5);
  for (let n = 0; n < 4; n += 1) send(`a${n}`, [share("account a"), address]);
  send("b0", [share("account b"), address]);
  send("neighbour", [share("neighbour"), address]);
  for (let n = 4; n < 6; n += 1) send(`a${n}`, [share("account a"), address]);
  await open();
  await settle();
  expect(refused.toSorted()).toEqual(["a3 rate_limited", "a4 rate_limited", "a5 rate_limited"]);
  expect(order.toSorted()).toEqual(["a0", "a1", "a2", "b0", "neighbour"]);
});

test("an account is not kept out by another address that fills its places", async () => {
  const inTurn = createTurns(1).newLine(200);
  const open = hold(inTurn);
  const { order, refused, send, settle } = recordOrder(inTurn);
  const account = share("account", 3);
  for (let n = 0; n < 4; n += 1) send(`guess ${n}`, [account, share("elsewhere")]);
  send("owner", [account, share("address of the owner")]);
  await open();
  await settle();
  expect(order).toContain("owner");
  expect(refused.toSorted()).toEqual(["guess 2 rate_limited", "guess 3 rate_limited"]);
});

test("many networks of one customer that fill the line push out one of themselves, not who comes from elsewhere", async () => {
  const inTurn = createTurns(1).newLine(20);
  const release = hold(inTurn);
  const { order, refused, send, settle } = recordOrder(inTurn);
  for (let network = 1; network <= 20; network += 1) {
    send(`flood ${network}`, [
      share(`account ${network}`),
      ...addressShares(`2001:db8:77:${network}::/64`),
    ]);
  }
  send("victim", [share("account of the victim"), ...addressShares("192.0.2.1")]);
  await release();
  await settle();
  expect(order).toContain("victim");
  expect(refused).toEqual(["flood 20 rate_limited"]);
});
