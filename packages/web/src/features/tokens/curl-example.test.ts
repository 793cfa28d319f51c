import { describe, expect, it } from "vitest";
import { curlExample } from "./curl-example.ts";

const scope = (entity_type: string, operation: string, entity_id: string) => ({
  domain_id: "d1",
  entity_type,
  entity_id,
  operation,
});

describe("the ready call of a token", () => {
  it("reads the object that a scope names", () =>
    expect(
      curlExample("https://iot.example", "pat_x", [
        scope("clients", "delete", "c1"),
        scope("clients", "view", "c1"),
      ]),
    ).toBe(
      'curl \\\n  -H "Authorization: Bearer pat_x" \\\n  "https://iot.example/d1/clients/c1"',
    ));

  it("says where an id is to be put when the scope is for all", () =>
    expect(curlExample("", "pat_x", [scope("channels", "view", "*")])).toContain(
      '"/d1/channels/<id>"',
    ));

  it("names the method when the token can only change", () =>
    expect(curlExample("", "pat_x", [scope("clients", "enable", "c1")])).toContain("-X POST"));

  it("is harmless for a token without scopes", () =>
    expect(curlExample("", "pat_x", [])).toContain('"/domains"'));
});
