import { accountEndpoints, createCatalogue, type Endpoint } from "@tessera/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bodyTexts, prepareRequest, withText } from "./testing/body-texts.ts";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { buildWorld } from "./testing/operation-world.ts";
import { isSoak } from "./testing/soak.ts";
import { requireStatus, startApp, type TestApp } from "./testing/start-app.ts";
import type { TestDatabaseKind } from "./testing/test-databases.ts";
import { variedTexts } from "./testing/varied-text.ts";

const endpoints: readonly Endpoint[] = [...createCatalogue().endpoints(), ...accountEndpoints];
const withTexts = endpoints.filter((endpoint) => bodyTexts(endpoint).length > 0);
/** Of a member that only the size of the whole body limits: far more than any index takes. */
const unlimitedLength = 60_000;
/** The longest name of a person, a domain, a client, a channel or a group. */
const nameLength = 1024;

/** What an index takes is PostgreSQL's limit: every second row stands for all but in soak, and on SQLite every fourth. */
const isSampled = (kind: TestDatabaseKind, index: number) =>
  isSoak || index % (kind.name === "PostgreSQL" ? 2 : 4) === 0;

onEveryDatabase("the longest texts", (kind) => {
  let testApp: TestApp;
  let seed = 0;
  beforeAll(async () => {
    testApp = await startApp(kind);
  });
  afterAll(() => testApp.close());

  const sampled = withTexts.filter((_, index) => isSampled(kind, index));
  test.each(sampled.map((endpoint) => [endpoint.id, endpoint] as const))(
    "in every member of the body of %s never make it fail",
    async (_, endpoint) => {
      const world = await buildWorld(testApp);
      for (const { path, maximumLength } of bodyTexts(endpoint)) {
        for (const { name, make } of variedTexts) {
          seed += 1;
          const text = make(maximumLength ?? unlimitedLength, seed);
          const { caller, ...request } = await prepareRequest(endpoint, world, testApp);
          const body = withText(request.body, path, text);
          const answer = await caller.call(
            endpoint.method as "POST",
            request.path,
            body,
            request.headers,
          );
          const told = `${name} in ${path.join(".")}: ${JSON.stringify(answer.body)?.slice(0, 200)}`;
          expect(answer.status, told).toBeLessThan(500);
        }
      }
    },
  );

  test("leave no failure in the log", () => {
    expect(testApp.logLines.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  describe.each(variedTexts)("names of $name", ({ make }) => {
    const newName = () => {
      seed += 1;
      return make(nameLength, seed);
    };

    test("register people, rename them, and find and order them", async () => {
      const [firstName, lastName, renamed] = [newName(), newName(), newName()];
      const username = `long${seed}`;
      const registered = await testApp.nobody.call("POST", "/users", {
        first_name: firstName,
        last_name: lastName,
        email: `${username}@example.test`,
        credentials: { username, secret: "a password of 8" },
      });
      const { id } = requireStatus(registered, 201);
      expect(registered.body).toMatchObject({ first_name: firstName, last_name: lastName });
      const user = await testApp.signIn(username, "a password of 8");
      const changed = await user.call("PATCH", `/users/${id}`, { last_name: renamed });
      expect(requireStatus(changed, 200)).toMatchObject({
        first_name: firstName,
        last_name: renamed,
      });
      for (const order of ["first_name", "last_name"]) {
        const text = encodeURIComponent(renamed.slice(0, 100));
        const found = await testApp.admin.call(
          "GET",
          `/users?last_name=${text}&order=${order}&dir=asc`,
        );
        const { total, users } = requireStatus(found, 200);
        expect([total, users[0].id, users[0].last_name]).toEqual([1, id, renamed]);
      }
      const search = await user.call(
        "GET",
        `/users/search?first_name=${encodeURIComponent(firstName)}`,
      );
      expect(requireStatus(search, 200).users).toMatchObject([{ id, first_name: firstName }]);
    });

    test.each(["domains", "clients", "channels", "groups"])(
      "create and rename %s, and find and order them",
      async (type) => {
        const owner = await testApp.newUser();
        const domainId = await testApp.newDomain(owner);
        const collection = type === "domains" ? "/domains" : `/${domainId}/${type}`;
        const route = type === "domains" ? { route: `r${seed}` } : {};
        const [first, second, renamed] = [newName(), newName(), newName()].sort();
        const create = async (name: string | undefined, more: object) =>
          requireStatus(await owner.call("POST", collection, { name, ...more }), 201).id;
        const lower = await create(second, route);
        const upper = await create(renamed, type === "domains" ? { route: `s${seed}` } : {});
        const method = type === "groups" ? "PUT" : "PATCH";
        const changed = await owner.call(method, `${collection}/${lower}`, { name: first });
        expect(requireStatus(changed, 200).name).toBe(first);

        const listed = requireStatus(
          await owner.call("GET", `${collection}?order=name&dir=asc&limit=100`),
          200,
        )[type].map(({ id }: { id: string }) => id);
        expect(listed.indexOf(lower)).toBeLessThan(listed.indexOf(upper));
        // Also with the whole name, which is longer than what is compared.
        for (const text of [first, first?.slice(0, 200)]) {
          const query = `?name=${encodeURIComponent(text ?? "")}`;
          const found = requireStatus(await owner.call("GET", collection + query), 200);
          expect(found[type]).toMatchObject([{ id: lower, name: first }]);
        }
      },
    );
  });
});
