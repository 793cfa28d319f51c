import {
  builtInEntityTypes,
  builtInOperations,
  createCatalogue,
  type EndpointsOf,
  endpointsOf,
  eventTypesOf,
} from "@tessera/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildApp } from "./app.ts";
import type { AnyHandler, Handlers, Unhandled } from "./http/endpoint-handlers.ts";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { calibratedSensors } from "./testing/sensors.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";
import { giveRole, newMember } from "./testing/test-people.ts";

type SensorEndpoint = EndpointsOf<typeof calibratedSensors.operations>;
type CalibrateHandler = Pick<Handlers<SensorEndpoint>, "sensors.calibrate">;

const catalogue = createCatalogue([], [...builtInEntityTypes, calibratedSensors]);
const moreHandlers: CalibrateHandler = {
  "sensors.calibrate": ({ params, body }) => ({ id: params.id, offset: body.offset }),
};
const build = { moreHandlers: moreHandlers as unknown as Record<string, AnyHandler> };

onEveryDatabase("a server with one more entity type and one more row", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  let sensor: string;

  beforeAll(async () => {
    server = await startApp(kind, { catalogue, build });
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
    sensor = await newSensor();
  });
  afterAll(() => server.close());

  const newSensor = async (body: object = {}) => {
    const made = await ada.call("POST", `/${domainId}/sensors`, { name: "probe", ...body });
    return requireStatus(made, 201).id as string;
  };
  const path = () => `/${domainId}/sensors/${sensor}`;

  test("has the routes of the type", async () => {
    expect((await ada.call("GET", path())).body.name).toBe("probe");
    const tagged = await ada.call("PATCH", `${path()}/tags`, { tags: ["hot"] });
    expect(requireStatus(tagged, 200).tags).toEqual(["hot"]);
    const { body } = await ada.call("GET", `/${domainId}/sensors?tags=hot`);
    expect(body.sensors.map(({ id }: { id: string }) => id)).toEqual([sensor]);
    const calibrated = await ada.call("POST", `${path()}/calibrate`, { offset: 3 });
    expect(requireStatus(calibrated, 200)).toEqual({ id: sensor, offset: 3 });
    const wrong = await ada.call("POST", `${path()}/calibrate`, { offset: "3" });
    expect([wrong.status, wrong.body.field]).toEqual([400, "offset"]);
  });

  test("guards each of them by its own scope", async () => {
    const other = await newSensor();
    const token = await server.newToken(ada, domainId, [`sensors:calibrate:${sensor}`]);
    expect((await token.call("POST", `${path()}/calibrate`, { offset: 1 })).status).toBe(200);
    for (const [method, target, missing] of [
      ["POST", `/${domainId}/sensors/${other}/calibrate`, `sensors:calibrate:${other}`],
      ["GET", path(), `sensors:view:${sensor}`],
      ["DELETE", path(), `sensors:delete:${sensor}`],
      ["POST", `/${domainId}/sensors`, `domains:create_sensors:${domainId}`],
      ["GET", `/${domainId}/sensors`, `domains:list_sensors:${domainId}`],
    ] as const) {
      const { status, body } = await token.call(method, target, { offset: 1, name: "x" });
      expect([status, body.code]).toEqual([403, "scope_missing"]);
      const { entity_type, operation, entity_id } = body.missing_scope;
      expect(`${entity_type}:${operation}:${entity_id}`).toBe(missing);
    }
  });

  test("asks for what the owner may do, by roles on the sensor, its group and its domain", async () => {
    const reader = await newMember(server, ada, domainId, ["sensor_read"]);
    expect((await reader.call("GET", path())).status).toBe(200);
    const refused = await reader.call("POST", `${path()}/calibrate`, { offset: 1 });
    expect(refused.body.code).toBe("owner_lacks_permission");

    const technician = await newMember(server, ada, domainId, ["read"]);
    expect((await technician.call("GET", path())).status).toBe(403);
    await giveRole(ada, path(), technician, ["read", "update"]);
    const calibrated = await technician.call("POST", `${path()}/calibrate`, { offset: 1 });
    expect(calibrated.status).toBe(200);

    const made = await ada.call("POST", `/${domainId}/groups`, { name: "floor" });
    const group = requireStatus(made, 201).id;
    const grouped = await newSensor({ parent_group_id: group });
    const guard = await newMember(server, ada, domainId, ["read"]);
    await giveRole(ada, `/${domainId}/groups/${group}`, guard, ["sensor_read"]);
    expect((await guard.call("GET", `/${domainId}/sensors/${grouped}`)).status).toBe(200);
    expect((await guard.call("GET", path())).status).toBe(403);
  });

  test("knows the roles that can be given on it, above it and in the domain", async () => {
    const actions = async (place: string) =>
      (await ada.call("GET", `${place}/roles/available-actions`)).body.available_actions;
    expect(await actions(`/${domainId}/sensors`)).toEqual(calibratedSensors.ownActions);
    expect(await actions(`/${domainId}/groups`)).toEqual(
      expect.arrayContaining(["sensor_create", "sensor_update", "subgroup_sensor_read"]),
    );
    expect(await actions("/domains")).toEqual(
      expect.arrayContaining(["sensor_create", "sensor_update", "sensor_manage_role"]),
    );
  });

  test("guards a change of the parent by the group's operation on such objects too", async () => {
    const made = await ada.call("POST", `/${domainId}/groups`, { name: "roof" });
    const group = requireStatus(made, 201).id;
    const body = { parent_group_id: group };
    const half = await server.newToken(ada, domainId, ["sensors:set_parent_group"]);
    const refused = await half.call("POST", `${path()}/parent`, body);
    expect(refused.body.missing_scope).toMatchObject({
      entity_type: "groups",
      operation: "set_child_sensor",
      entity_id: group,
    });
    const whole = await server.newToken(ada, domainId, [
      "sensors:set_parent_group",
      `groups:set_child_sensor:${group}`,
    ]);
    expect((await whole.call("POST", `${path()}/parent`, body)).status).toBe(200);
  });

  test("takes its scopes by their other names, and says which name is nearest", async () => {
    const scope = { domain_id: domainId, entity_type: "sensors", entity_id: "*" };
    const create = async (operation: string) =>
      ada.call("POST", "/pats", {
        name: "ci",
        duration: "1h",
        scopes: [{ ...scope, operation }],
      });
    const { id } = requireStatus(await create("create"), 201);
    const { body } = await ada.call("GET", `/pats/${id}/scope`);
    expect(body.scopes[0]).toMatchObject({
      entity_type: "domains",
      operation: "create_sensors",
      entity_id: domainId,
    });
    const wrong = await create("calibrat");
    expect(wrong.body.message).toContain('did you mean "calibrate"?');
  });

  test("tells of it in the catalogue, in OpenAPI and on the reference page", async () => {
    const { body: shown } = await server.nobody.call("GET", "/catalogue");
    const type = shown.entity_types.find(({ name }: { name: string }) => name === "sensors");
    expect(type.operations.map(({ name }: { name: string }) => name)).toContain("calibrate");
    const { body: document } = await server.nobody.call("GET", "/openapi.json");
    const described = document.paths["/{domainId}/sensors/{id}/calibrate"].post;
    expect(described).toMatchObject({
      operationId: "sensors.calibrate",
      tags: ["Sensors"],
      "x-tessera-scopes": [{ entity_type: "sensors", operation: "calibrate", on: "path" }],
    });
    expect(document.paths["/{domainId}/sensors/{id}/roles"].post.operationId).toBe(
      "sensors.roles.add",
    );
    const page = await server.app.inject("/docs");
    expect(page.body).toContain("<code>sensors:calibrate</code>");
  });

  test("does not start without the handler of a row", async () => {
    const about = { version: "0.0.0", commit: "", builtAt: "", instanceId: "test" };
    const building = buildApp(server.deps, { build: about, webFolder: undefined });
    await expect(building).rejects.toThrow("the endpoint sensors.calibrate has no handler");
  });
});

describe("from one more entity type derive", () => {
  const types = [...builtInEntityTypes, calibratedSensors];
  /** Of a type that has no more than its standard rows and the two about its parent. */
  const alike = (ids: Iterable<string>, type: string) =>
    [...ids]
      .filter((id) => id.startsWith(`${type}.`))
      .map((id) => id.slice(type.length + 1))
      .filter((id) => !["calibrate", "update_secret"].includes(id))
      .sort();
  const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

  test("the same endpoints as every type has, about roles too", () => {
    const ids = idsOf(endpointsOf(types));
    expect(alike(ids, "sensors")).toEqual(alike(ids, "clients"));
    expect(alike(ids, "sensors")).toContain("roles.remove_members_from_all");
    expect(new Set(ids).size).toBe(ids.length);
    expect(idsOf(endpointsOf(builtInEntityTypes))).toEqual(
      ids.filter((id) => !id.startsWith("sensors.")),
    );
  });

  test("its role actions on itself, on groups and in domains, beside those there were", () => {
    const { roleActions } = catalogue;
    const before = createCatalogue().roleActions;
    const own = calibratedSensors.ownActions;
    const prefixed = (prefix: string) => own.map((action) => `${prefix}_${action}`);
    const added = (type: string) =>
      roleActions(type).filter((action) => !before(type).includes(action));
    expect(roleActions("sensors")).toEqual(own);
    expect(added("domains").sort()).toEqual(["sensor_create", ...prefixed("sensor")].sort());
    expect(added("groups").sort()).toEqual(
      [
        "sensor_create",
        "subgroup_sensor_create",
        ...prefixed("sensor"),
        ...prefixed("subgroup_sensor"),
      ].sort(),
    );
    for (const { name } of builtInEntityTypes) {
      expect(roleActions(name)).toEqual(expect.arrayContaining([...before(name)]));
    }
  });

  test("its events, each with the type as its subject", () => {
    const events = eventTypesOf(types);
    expect(alike(events.keys(), "sensors")).toEqual(alike(events.keys(), "clients"));
    expect(events.get("sensors.calibrate")).toEqual({
      name: "sensors.calibrate",
      subject: "sensors",
      isNoticed: false,
      isPublished: true,
    });
    expect(events.has("sensors.view")).toBe(false);
    expect(events.has("sensors.roles.add")).toBe(true);
  });
});

describe("the compiler", () => {
  test("names the handler that is missing", () => {
    // @ts-expect-error: Property '"sensors.calibrate"' is missing.
    const incomplete: CalibrateHandler = {};
    expect(incomplete).toEqual({});
    const missing: Unhandled<SensorEndpoint, { readonly [K in `${string}.${Standard}`]: unknown }> =
      "sensors.calibrate";
    expect(missing).toBe("sensors.calibrate");
  });

  test("refuses a handler that answers what the row does not say", () => {
    const wrong: CalibrateHandler = {
      // @ts-expect-error: Property 'offset' is missing.
      "sensors.calibrate": ({ params }) => ({ id: params.id }),
    };
    expect(Object.keys(wrong)).toEqual(["sensors.calibrate"]);
  });

  test("knows the built-in rows that the catalogue has", () => {
    const ids = createCatalogue()
      .operations()
      .map(({ id }) => id);
    expect(builtInOperations.map(({ id }): string => id).sort()).toEqual(ids.sort());
  });
});

type Standard =
  | "view"
  | "update"
  | "update_tags"
  | "enable"
  | "disable"
  | "delete"
  | "set_parent_group"
  | "remove_parent_group";
