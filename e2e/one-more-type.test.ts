import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "../packages/cli/src/commands.ts";
import { environmentOf, silentTerminal } from "../packages/cli/src/testing/silent-terminal.ts";
import {
  builtInEntityTypes,
  createCatalogue,
  endpointsOf,
} from "../packages/contract/src/index.ts";
import { type ClientTree, createClientOf } from "../packages/sdk/src/index.ts";
import { onEveryDatabase } from "../packages/server/src/testing/on-every-database.ts";
import { sensors } from "../packages/server/src/testing/sensors.ts";
import { startApp, type TestApp } from "../packages/server/src/testing/start-app.ts";

const types = [...builtInEntityTypes, sensors];
const endpoints = endpointsOf(types);

onEveryDatabase("a server with one more entity type", (kind) => {
  let server: TestApp;
  let domainId: string;
  let url: string;
  let token: string;

  beforeAll(async () => {
    server = await startApp(kind, { catalogue: createCatalogue([], types) });
    const ada = await server.newUser();
    domainId = await server.newDomain(ada);
    url = await server.address();
    const scopes = ["domains:create_sensors", "domains:list_sensors", "sensors:view"];
    token = (await server.newToken(ada, domainId, scopes)).secret;
  });
  afterAll(() => server.close());

  const call = (id: string, input: object) => {
    const [type = "", method = ""] = id.split(".");
    const client = createClientOf(endpoints, {
      baseUrl: url,
      credentials: { kind: "bearer", token },
    });
    const found = (client[type] as ClientTree)[method];
    if (typeof found !== "function") throw new Error(`no method ${id}`);
    return found({ domainId, ...input });
  };
  const run = (...words: string[]) =>
    runCommand(words, {
      environment: environmentOf({ url, token }),
      terminal: silentTerminal(),
      endpoints,
    });

  test("is spoken to by the SDK, which names the scope that is missing", async () => {
    const made = await call("sensors.create", { body: { name: "probe" } });
    expect(made).toMatchObject({ name: "probe", domain_id: domainId });
    const { id } = made as { id: string };
    expect(await call("sensors.view", { id })).toMatchObject({ id, name: "probe" });
    await expect(call("sensors.delete", { id })).rejects.toMatchObject({
      code: "scope_missing",
      missingScope: { entity_type: "sensors", operation: "delete", entity_id: id },
    });
    expect(await call("sensors.view", { id })).toMatchObject({ status: "enabled" });
  });

  test("is spoken to by the command line, which lists what there is", async () => {
    const described = await run("endpoints");
    expect(described).toMatch(/^sensors\.create +Create a sensor {2}\(--domainId\)$/m);
    expect(described).toMatch(/^sensors\.roles\.add /m);
    const made = JSON.parse(await run("sensors.create", "--domainId", domainId, "--name", "valve"));
    expect(made.name).toBe("valve");
    const listed = ["sensors.list", "--domainId", domainId, "--name", "valve"];
    expect(await run(...listed, "--output", "table")).toContain(made.id);
    await expect(run("sensors.veiw")).rejects.toThrow('did you mean "sensors.view"?');
  });
});

test("a command line without its endpoints knows none of them", async () => {
  const listed = await runCommand(["endpoints"], {
    environment: environmentOf({ url: "http://127.0.0.1:1", token: "pat_x" }),
    terminal: silentTerminal(),
  });
  expect(listed).toMatch(/^clients\.create /m);
  expect(listed).not.toContain("sensors.");
});
