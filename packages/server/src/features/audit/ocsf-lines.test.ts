import { builtInEntityTypes, eventTypesOf } from "@tessera/contract";
import { describe, expect, test } from "vitest";
import { exampleRecord } from "../../testing/example-record.ts";
import { ocsfFaults } from "../../testing/ocsf-faults.ts";
import { ocsfLine } from "./ocsf-lines.ts";
import type { StoredRow } from "./verify-chains.ts";

const toEvent = (changes: Partial<StoredRow>) =>
  JSON.parse(ocsfLine({ ...exampleRecord, ...changes }, { version: "1.2.3" }));

const ofServer = ["audit.cut", "audit.opened", "audit.refusals_begun", "audit.refusals_dropped"];
const actions = [...eventTypesOf(builtInEntityTypes).keys(), ...ofServer];

const callers: Readonly<Record<string, Partial<StoredRow>>> = {
  "a session": {},
  "a token": { actor_kind: "token", session_id: null, token_id: "token-1" },
  "the server itself": {
    ...{ actor_kind: "system", actor_user_id: null, session_id: null },
    ...{ address: "", request_id: "", domain_id: null, chain: "platform" },
  },
  "nobody known": { actor_kind: "anonymous", actor_user_id: null, session_id: null },
  "an address of IPv6": { address: "2001:db8::1" },
  "a record older than chains": { chain: null, seq: null, hash: null, request_id: null },
};

describe("a record in OCSF 1.6.0 is as the schema says", () => {
  test.each(actions)("%s, done or refused, by whomever", (action) => {
    for (const caller of Object.values(callers)) {
      expect(ocsfFaults(toEvent({ ...caller, action }))).toEqual([]);
      const refused = { outcome: "refused", reason: "scope_missing" } as const;
      const details = '{"count":3,"first_at":1768435200000,"last_at":1768435200123}';
      const event = toEvent({ ...caller, ...refused, action, details });
      expect(ocsfFaults(event)).toEqual([]);
      expect(event).toMatchObject({ class_uid: 6003, count: 3, status: "Failure" });
    }
  });

  test.each([
    ["domains.roles.add_members", { members: ["user-2"] }],
    ["domains.roles.add_members", { members: ["user-2", "user-3"] }],
    ["domains.roles.add_members", { members: "user-2" }],
    ["clients.roles.add_actions", { actions: ["read", "update"] }],
    ["tokens.add_scopes", { scopes: [{ entity_type: "clients", operation: "view" }] }],
    ["tokens.add_scopes", { scopes: null, count: "many", first_at: 0.5 }],
  ])("%s with %j", (action, details) => {
    expect(ocsfFaults(toEvent({ action, details: JSON.stringify(details) }))).toEqual([]);
  });
});

test("an event of OCSF says who may do more, and what", () => {
  const grant = (action: string, details: object) =>
    toEvent({ action, entity_id: "object-1", details: JSON.stringify(details) });
  expect(grant("domains.roles.add_members", { members: ["user-2"] })).toMatchObject({
    type_uid: 300_302,
    user: { uid: "user-2" },
    group: { uid: "object-1" },
  });
  expect(grant("clients.roles.add_actions", { actions: ["read"] })).toMatchObject({
    type_uid: 300_301,
    user: { uid: "object-1", type: "Role" },
    privileges: ["read"],
  });
  expect(grant("tokens.add_scopes", { scopes: [{ operation: "view" }] })).toMatchObject({
    user: { uid: "user-1" },
    session: { uid: "object-1" },
    privileges: ['{"operation":"view"}'],
  });
});

test("what is not as the schema says is found", () => {
  const good = toEvent({});
  const { metadata, ...without } = good;
  expect(ocsfFaults(without)).toEqual(["event.metadata: is required"]);
  expect(ocsfFaults({ ...good, extra: 1 })).toEqual(["event.extra: there is no such attribute"]);
  expect(ocsfFaults({ ...good, actor: {} })[0]).toMatch(/^event\.actor: needs one of/);
  expect(ocsfFaults({ ...good, src_endpoint: { ip: "here" } })).toEqual([
    "event.src_endpoint.ip: is no ip_t",
  ]);
  expect(ocsfFaults({ ...good, severity_id: 7 })[0]).toMatch(/severity_id: 7 is none of/);
  expect(ocsfFaults({ ...good, time: "now" })).toEqual(["event.time: is no whole number"]);
  expect(ocsfFaults({ ...good, class_uid: 3003 })).not.toEqual([]);
  expect(ocsfFaults({ ...good, metadata: { ...metadata, uid: "" } })).not.toEqual([]);
});
