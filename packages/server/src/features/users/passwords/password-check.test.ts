import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isDoneInFull, onEveryDatabase } from "../../../testing/on-every-database.ts";
import {
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";

const csrf = { "x-tessera-csrf": "1" };

onEveryDatabase("many passwords", (kind) => {
  let testApp: TestApp;
  let addresses = 0;
  /** Of a network of its own. */
  const newAddress = () => {
    addresses += 1;
    return `10.${Math.floor(addresses / 250)}.${addresses % 250}.7`;
  };
  const start = (passwords: "cheap" | "dear") =>
    startApp(kind, {
      passwords,
      environment: {
        TESSERA_TRUSTED_PROXIES: "127.0.0.1",
        TESSERA_SIGN_IN_FAILURES_PER_ACCOUNT: "6",
        TESSERA_SIGN_IN_FAILURES_PER_ADDRESS: "1000",
        TESSERA_SIGN_IN_FAILURES_PER_ACCOUNT_IN_ALL: "16",
      },
    });
  beforeAll(async () => {
    testApp = await start("cheap");
  });
  afterAll(() => testApp.close());

  const issue = (username: string, password: string, address: string, cookie?: string) =>
    testApp.nobody.call(
      "POST",
      "/users/tokens/issue",
      { username, password },
      { "x-forwarded-for": address, ...(cookie === undefined ? {} : { cookie }) },
    );
  const signIn = ({ username, password }: TestUser, address: string, cookie?: string) =>
    issue(username, password, address, cookie);
  /** Signs in with a browser; its device cookie. */
  const newDevice = async ({ username, password }: TestUser, cookie = "") => {
    const headers = { ...csrf, "x-forwarded-for": newAddress(), cookie };
    const answer = await testApp.nobody.call("POST", "/session", { username, password }, headers);
    requireStatus(answer, 201);
    return deviceOf(answer.headers);
  };
  const deviceOf = (headers: Readonly<Record<string, unknown>>) => {
    const lines = [headers["set-cookie"] ?? []].flat() as string[];
    const line = lines.find((text) => text.startsWith("tessera_device="));
    return line?.split(";", 1)[0] ?? "";
  };
  const attack = async ({ username }: TestUser) => {
    const statuses = [];
    for (let guess = 0; guess < 12; guess += 1) {
      statuses.push((await issue(username, "wrong", newAddress())).status);
    }
    expect(statuses).toEqual([...Array(8).fill(401), ...Array(4).fill(429)]);
  };

  // How many hashes run at a time is nothing of the database's, and each takes as long as it is meant to.
  if (isDoneInFull(kind)) {
    describe("sent all at once", () => {
      const flood = 120;
      let cheap: TestApp;
      beforeAll(async () => {
        cheap = testApp;
        testApp = await start("dear");
      });
      afterAll(async () => {
        await testApp.close();
        testApp = cheap;
      });

      test("by one account with its own right password keep nobody else from signing in", async () => {
        const [attacker, victim] = [await testApp.newUser(), await testApp.newUser()];
        const from = newAddress();
        const sent = Array.from({ length: flood }, () => signIn(attacker, from));
        expect((await signIn(victim, newAddress())).status).toBe(201);
        expect((await signIn(victim, from)).status).toBe(201);
        const answers = await Promise.all(sent);
        const codes = new Set(answers.map(({ status }) => status));
        expect([...codes].toSorted()).toEqual([201, 429]);
        const refused = answers.find(({ status }) => status === 429);
        expect([refused?.body.code, refused?.headers["retry-after"]]).toEqual([
          "rate_limited",
          "1",
        ]);
      });

      test("to many unknown accounts by one address keep nobody at another address from signing in", async () => {
        const victim = await testApp.newUser();
        const from = newAddress();
        const sent = Array.from({ length: flood }, (_, n) => issue(`nobody${n}`, "wrong", from));
        expect((await signIn(victim, newAddress())).status).toBe(201);
        const neighbour = await signIn(victim, from);
        expect([201, 429]).toContain(neighbour.status);
        for (const { status } of await Promise.all(sent)) expect([401, 429]).toContain(status);
      });

      test("to many unknown accounts by many addresses leave a waiting known device its turn", async () => {
        const victim = await testApp.newUser();
        const device = await newDevice(victim);
        const sent = Array.from({ length: flood }, (_, n) =>
          issue(`nobody${n}`, "wrong", newAddress()),
        );
        expect((await signIn(victim, newAddress(), device)).status).toBe(201);
        await Promise.all(sent);
      });
    });
  }

  describe("for the two names of one account", () => {
    const names = (user: TestUser) => [
      [user.username, user.email],
      [user.email.toUpperCase(), user.username],
    ];
    const guess = async (name: string, count: number, address: () => string) => {
      const answers = [];
      for (let index = 0; index < count; index += 1) {
        const { status, body, headers } = await issue(name, "wrong", address());
        const { request_id: _, ...told } = body;
        answers.push([status, told, headers["retry-after"]]);
      }
      return answers;
    };

    test.each([
      ["one address", () => () => "10.200.0.1", 5],
      ["many addresses", () => newAddress, 10],
    ])(
      "from %s are answered like those for two accounts that do not exist",
      async (_, place, count) => {
        for (const order of [0, 1]) {
          const [first = "", second = ""] = names(await testApp.newUser())[order] ?? [];
          const known = [await guess(first, count, place()), await guess(second, count, place())];
          const unknown = [
            await guess(`nobody-${order}-${count}`, count, place()),
            await guess(`nobody-${order}-${count}@example.test`, count, place()),
          ];
          expect(known).toEqual(unknown);
          expect(known[1]?.[0]?.[0]).toBe(401);
          expect(known[1]?.at(-1)?.[0]).toBe(429);
        }
      },
    );

    test("are together no more than the limits of the account", async () => {
      const user = await testApp.newUser();
      const read = async (name: string, address: () => string) => {
        const answers = await guess(name, 20, address);
        return answers.filter(([status]) => status === 401).length;
      };
      const shared = newAddress();
      const here = [await read(user.username, () => shared), await read(user.email, () => shared)];
      expect(here).toEqual([3, 3]);
      const rest = [await read(user.username, newAddress), await read(user.email, newAddress)];
      expect(rest).toEqual([5, 5]);
      expect((await signIn(user, newAddress())).status).toBe(429);
      expect((await issue(user.email, user.password, newAddress())).status).toBe(429);
    });

    test("wait in lines of their own", async () => {
      const user = await testApp.newUser();
      const sent = Array.from({ length: 30 }, () =>
        issue(user.username, user.password, newAddress()),
      );
      expect((await issue(user.email, user.password, newAddress())).status).toBe(201);
      const statuses = new Set((await Promise.all(sent)).map(({ status }) => status));
      expect(statuses).toEqual(new Set([201, 429]));
    });
  });

  describe("guessed by others", () => {
    test("lock strangers out, and never the device with which its owner has signed in", async () => {
      const owner = await testApp.newUser();
      const device = await newDevice(owner);
      await attack(owner);
      expect((await signIn(owner, newAddress())).status).toBe(429);
      expect((await signIn(owner, newAddress(), device)).status).toBe(201);
    });

    test("keep nobody who is signed in at the same address from the own password", async () => {
      const owner = await testApp.newUser();
      const shared = newAddress();
      for (let guess = 0; guess < 30; guess += 1) await issue(owner.username, "wrong", shared);
      expect((await issue(owner.username, owner.password, shared)).status).toBe(429);
      const headers = { "x-forwarded-for": shared };
      const body = { password: owner.password };
      const confirmed = await owner.call("POST", "/users/tokens/confirm", body, headers);
      expect(confirmed.status).toBe(204);
    });

    test("with a stolen session end after a few, wherever it is used from", async () => {
      const owner = await testApp.newUser();
      const statuses = new Set<number>();
      for (let guess = 0; guess < 20; guess += 1) {
        const headers = { "x-forwarded-for": newAddress() };
        const body = { password: "wrong" };
        const answer = await owner.call("POST", "/users/tokens/confirm", body, headers);
        statuses.add(answer.status);
      }
      expect([...statuses]).toEqual([400, 429]);
      expect((await issue(owner.username, owner.password, newAddress())).status).toBe(201);
    });

    test("lock the owner's device out neither at the guesser's own address", async () => {
      const owner = await testApp.newUser();
      const device = await newDevice(owner);
      const shared = newAddress();
      for (let guess = 0; guess < 4; guess += 1) await issue(owner.username, "wrong", shared);
      expect((await signIn(owner, shared)).status).toBe(429);
      expect((await signIn(owner, shared, device)).status).toBe(201);
    });

    test("do not lock out a program at the network where it has a session", async () => {
      const owner = await testApp.newUser();
      const home = newAddress();
      requireStatus(await signIn(owner, home), 201);
      await attack(owner);
      expect((await signIn(owner, newAddress())).status).toBe(429);
      expect((await signIn(owner, home)).status).toBe(201);
    });

    test("keep nobody who has signed in from changing the password", async () => {
      const owner = await testApp.newUser();
      await attack(owner);
      const body = { old_secret: owner.password, new_secret: "another good password" };
      const from = { "x-forwarded-for": newAddress() };
      expect((await owner.call("PATCH", "/users/secret", body, from)).status).toBe(200);
    });
  });

  describe("a known device", () => {
    test("that was stolen has no more guesses than any address", async () => {
      const owner = await testApp.newUser();
      const device = await newDevice(owner);
      await attack(owner);
      const statuses = [];
      for (let guess = 0; guess < 8; guess += 1) {
        statuses.push((await issue(owner.username, "wrong", newAddress(), device)).status);
      }
      expect(statuses).toEqual([...Array(6).fill(401), 429, 429]);
      expect((await signIn(owner, newAddress(), device)).status).toBe(429);
    });

    test("is known for one user alone, and the cookie tells nothing of whom", async () => {
      const [owner, other] = [await testApp.newUser(), await testApp.newUser()];
      const device = await newDevice(owner);
      await attack(other);
      expect((await signIn(other, newAddress(), device)).status).toBe(429);
      expect(device).toMatch(/^tessera_device=[\w-]{22}\.\d+\.[0-9a-f]{64}$/);
    });

    test("that several people use is known to each of them", async () => {
      const [first, second] = [await testApp.newUser(), await testApp.newUser()];
      const device = await newDevice(second, await newDevice(first));
      for (const user of [first, second]) {
        await attack(user);
        expect((await signIn(user, newAddress(), device)).status).toBe(201);
      }
    });

    test("is none any more after the password was changed elsewhere", async () => {
      const owner = await testApp.newUser();
      const device = await newDevice(owner);
      const next = `next-${randomUUID()}`;
      const body = { old_secret: owner.password, new_secret: next };
      requireStatus(await owner.call("PATCH", "/users/secret", body), 200);
      await attack(owner);
      expect((await issue(owner.username, next, newAddress(), device)).status).toBe(429);
    });

    test("stays known when the password is changed with it", async () => {
      const owner = await testApp.newUser();
      const device = await newDevice(owner);
      const next = `next-${randomUUID()}`;
      const body = { old_secret: owner.password, new_secret: next };
      const changed = await owner.call("PATCH", "/users/secret", body, { cookie: device });
      requireStatus(changed, 200);
      await attack(owner);
      const renewed = deviceOf(changed.headers);
      expect((await issue(owner.username, next, newAddress(), renewed)).status).toBe(201);
    });

    test.each([
      ["made up", () => "tessera_device=AAAAAAAAAAAAAAAAAAAAAA.1.".padEnd(105, "0")],
      ["with another time", (cookie: string) => cookie.replace(/\.(\d)/, ".9$1")],
      ["garbage", () => "tessera_device=~~~..~"],
    ])("is not known by a cookie that is %s", async (_, forge) => {
      const owner = await testApp.newUser();
      const device = await newDevice(owner);
      await attack(owner);
      const answer = await signIn(owner, newAddress(), forge(device));
      expect(answer.status).toBe(429);
    });

    test("is forgotten after 400 days", async () => {
      const owner = await testApp.newUser();
      const device = await newDevice(owner);
      testApp.clock.now += 400 * 86_400_000;
      await attack(owner);
      expect((await signIn(owner, newAddress(), device)).status).toBe(429);
    });
  });
});

onEveryDatabase("rates of accounts", (kind) => {
  const proxied = { TESSERA_TRUSTED_PROXIES: "127.0.0.1" };
  const from = (address: string) => ({ "x-forwarded-for": address });

  test("right passwords are limited for the account, and by that for nobody else", async () => {
    const testApp = await startApp(kind, {
      environment: { ...proxied, TESSERA_SIGN_INS_PER_ACCOUNT: "4" },
    });
    const [user, other] = [await testApp.newUser(), await testApp.newUser()];
    const issue = ({ username, password }: TestUser, address: string) =>
      testApp.nobody.call("POST", "/users/tokens/issue", { username, password }, from(address));
    for (let index = 0; index < 4; index += 1) {
      expect((await issue(user, `10.0.${index}.1`)).status).toBe(201);
    }
    const refused = await issue(user, "10.0.9.1");
    expect([refused.status, refused.body.code, refused.headers["retry-after"]]).toEqual([
      429,
      "rate_limited",
      "15",
    ]);
    expect((await issue(other, "10.0.0.1")).status).toBe(201);
    testApp.clock.now += 15_000;
    expect((await issue(user, "10.0.9.1")).status).toBe(201);
    await testApp.close();
  });

  test("attempts are limited for the address, whatever the account, and for no other address", async () => {
    const testApp = await startApp(kind, {
      environment: { ...proxied, TESSERA_SIGN_INS_PER_ADDRESS: "5" },
    });
    const user = await testApp.newUser();
    const issue = (username: string, address: string) =>
      testApp.nobody.call(
        "POST",
        "/users/tokens/issue",
        { username, password: user.password },
        from(address),
      );
    for (let index = 0; index < 5; index += 1) await issue(`x${index}`, "10.0.0.1");
    expect((await issue(user.username, "10.0.0.1")).status).toBe(429);
    expect((await issue(user.username, "10.0.1.1")).status).toBe(201);
    await testApp.close();
  });

  test("registrations are limited for the address, those that find a name taken too, and not for administrators", async () => {
    const testApp = await startApp(kind, {
      environment: { ...proxied, TESSERA_REGISTRATIONS_PER_ADDRESS: "6" },
    });
    const person = (username = `u${randomUUID().slice(0, 13)}`) => ({
      first_name: "Grace",
      last_name: "Hopper",
      email: `${username}@example.test`,
      credentials: { username, secret: "a-good-password" },
    });
    const register = (body: object, address: string) =>
      testApp.nobody.call("POST", "/users", body, from(address));
    const first = person();
    expect((await register(first, "10.0.0.1")).status).toBe(201);
    expect((await register(first, "10.0.0.1")).status).toBe(409);
    const late = person();
    const refused = await register(late, "10.0.0.1");
    expect([refused.status, refused.body.code, refused.headers["retry-after"]]).toEqual([
      429,
      "rate_limited",
      "600",
    ]);
    const found = await testApp.admin.call("GET", `/users?email=${late.email}`);
    expect(found.body.total).toBe(0);
    expect((await register(person(), "10.0.1.1")).status).toBe(201);
    const byAdmin = testApp.admin.call("POST", "/users", person(), from("10.0.0.1"));
    expect((await byAdmin).status).toBe(201);
    testApp.clock.now += 600_000;
    expect((await register(late, "10.0.0.1")).status).toBe(201);
    await testApp.close();
  });

  if (isDoneInFull(kind)) {
    test("registrations are limited for all the networks of one customer together", async () => {
      const testApp = await startApp(kind, {
        environment: { ...proxied, TESSERA_REGISTRATIONS_PER_ADDRESS: "3" },
      });
      const person = (username: string) => ({
        first_name: "Grace",
        last_name: "Hopper",
        email: `${username}@example.test`,
        credentials: { username, secret: "a-good-password" },
      });
      const register = (username: string, address: string) =>
        testApp.nobody.call("POST", "/users", person(username), from(address));
      for (let index = 0; index < 16; index += 1) {
        const { status } = await register(`early${index}`, `2001:db8:1:${index}::1`);
        expect(status).toBe(201);
      }
      const refused = await register("late", "2001:db8:1:99::1");
      expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
      expect((await testApp.admin.call("GET", "/users?username=late")).body.total).toBe(0);
      expect((await register("late", "2001:db8:2:99::1")).status).toBe(201);
      await testApp.close();
    });
  }

  test("guessing the names of administrators by renaming oneself is limited, other renaming is not", async () => {
    const testApp = await startApp(kind, {
      environment: { ...proxied, TESSERA_REGISTRATIONS_PER_ADDRESS: "6" },
    });
    const [user, other] = [await testApp.newUser(), await testApp.newUser()];
    const rename = (caller: TestUser, name: readonly [string, string], address: string) => {
      const body = { first_name: name[0], last_name: name[1] };
      return caller.call("PATCH", `/users/${caller.id}`, body, from(address));
    };
    const taken = ["Platform", "Administrator"] as const;
    for (let index = 0; index < 5; index += 1) {
      expect((await rename(user, ["Grace", `H${index}`], "10.0.0.1")).status).toBe(200);
    }
    for (let index = 0; index < 2; index += 1) {
      expect((await rename(user, taken, "10.0.0.1")).status).toBe(409);
    }
    const before = (await user.call("GET", "/users/profile")).body;
    for (const name of [taken, ["Grace", "Free"]] as const) {
      const late = await rename(user, name, "10.0.7.1");
      expect([late.status, late.body.code]).toEqual([429, "rate_limited"]);
    }
    expect((await user.call("GET", "/users/profile")).body).toEqual(before);
    expect((await rename(other, taken, "10.0.0.1")).status).toBe(429);
    expect((await rename(other, ["Grace", "Free"], "10.0.1.1")).status).toBe(200);
    await testApp.close();
  });

  if (isDoneInFull(kind)) {
    test("asking for names that may be taken is limited for who has signed in, and for the address of many of them", async () => {
      const testApp = await startApp(kind, {
        environment: { ...proxied, TESSERA_REGISTRATIONS_PER_ADDRESS: "6" },
      });
      const [user, other] = [await testApp.newUser(), await testApp.newUser()];
      const askAs = (caller: TestUser, part: string, body: object, address = "10.0.0.1") =>
        caller.call("PATCH", `/users/${caller.id}/${part}`, body, from(address));
      expect((await askAs(user, "email", { email: other.email })).status).toBe(409);
      expect((await askAs(user, "username", { username: other.username })).status).toBe(409);
      const late = await askAs(user, "email", { email: "new@example.test" }, "10.0.7.1");
      expect([late.status, late.body.code]).toEqual([429, "rate_limited"]);
      expect((await user.call("GET", "/users/profile")).body.email).toBe(user.email);
      const next = { email: "new@example.test" };
      const neighbour = await askAs(other, "email", next);
      expect([neighbour.status, neighbour.body.code]).toEqual([429, "rate_limited"]);
      expect((await other.call("GET", "/users/profile")).body.email).toBe(other.email);
      expect((await askAs(other, "email", next, "10.0.1.1")).status).toBe(200);
      await testApp.close();
    });

    test("a flood of registrations lets a change of a password through", async () => {
      const testApp = await startApp(kind, { environment: proxied, passwords: "dear" });
      const user = await testApp.newUser();
      const sent = Array.from({ length: 60 }, (_, index) =>
        testApp.nobody.call(
          "POST",
          "/users",
          {
            first_name: "Grace",
            last_name: "Hopper",
            email: `flood${index}@example.test`,
            credentials: { username: `flood${index}`, secret: "a-good-password" },
          },
          from(`10.1.${index % 2}.1`),
        ),
      );
      let done = 0;
      for (const registration of sent) void registration.then(() => (done += 1));
      const body = { old_secret: user.password, new_secret: "another good password" };
      expect((await user.call("PATCH", "/users/secret", body)).status).toBe(200);
      // It had two turns, and each came after at most one of them.
      expect(done).toBeLessThan(20);
      const statuses = new Set((await Promise.all(sent)).map(({ status }) => status));
      expect(statuses).toEqual(new Set([201]));
      await testApp.close();
    });
  }
});
