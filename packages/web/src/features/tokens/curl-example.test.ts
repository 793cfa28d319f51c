import { builtInOperations } from "@tessera/sdk";
import { describe, expect, test } from "vitest";
import { chooseChange, chooseExample, curlExample } from "./curl-example.ts";

const scope = (entity_type: string, operation: string, entity_id: string) => ({
  domain_id: "d1",
  entity_type,
  entity_id,
  operation,
});

const exampleOf = (...scopes: ReturnType<typeof scope>[]) =>
  curlExample("https://iot.example", "pat_x", chooseExample(scopes));

describe("the ready call of a token", () => {
  test("reads the object that a scope names", () =>
    expect(exampleOf(scope("clients", "delete", "c1"), scope("clients", "view", "c1"))).toBe(
      'curl \\\n  -H "Authorization: Bearer pat_x" \\\n  "https://iot.example/d1/clients/c1"',
    ));

  test("reads any object when the scope is for all, or says where an id is to be put", () => {
    const example = chooseExample([scope("channels", "view", "*")]);
    expect(curlExample("", "pat_x", example, "c7")).toContain('"/d1/channels/c7"');
    expect(curlExample("", "pat_x", example)).toContain('"/d1/channels/<id>"');
  });

  test("has beside it an update with what it sends, where the token may do both", () => {
    const tags = scope("clients", "update_tags", "c1");
    const both = [scope("clients", "delete", "c1"), scope("clients", "view", "c1"), tags];
    const change = curlExample("", "pat_x", chooseChange(both));
    expect(change).toContain("-X PATCH");
    expect(change).toContain(`-d '{"tags": ["new-tag"]}'`);
    expect(chooseChange([tags])).toBeUndefined();
    expect(chooseChange(both.slice(0, 2))).toBeUndefined();
  });

  test("runs nothing else in a shell, whatever stands for the ids", () => {
    for (const odd of [
      "$(echo ran)",
      "`echo ran`",
      '"; echo ran; "',
      "';echo ran;'",
      "a\necho ran\n",
    ]) {
      const example = chooseExample([{ ...scope("clients", "view", odd), domain_id: odd }]);
      const call = curlExample("https://iot.example", "$TOKEN", example);
      const [, address = ""] = /"(https:[^"]*)"$/.exec(call) ?? [];
      // Nothing in it means anything to a shell within double quotes.
      expect(address).toMatch(/^https:\/\/iot\.example\/[^\s"'`$;\\]+\/clients\/[^\s"'`$;\\]+$/);
      expect(decodeURIComponent(address)).toBe(`https://iot.example/${odd}/clients/${odd}`);
    }
  });

  test("names the method when the token can only change", () =>
    expect(exampleOf(scope("clients", "enable", "c1"))).toContain("-X POST"));

  test.each(
    builtInOperations.filter(({ endpoints: [first] }) => first !== undefined && "body" in first),
  )("sends with $id what the server takes, once its ids are filled in", ({ type, name }) => {
    const example = chooseExample([scope(type, name, "c1")]);
    const sent = /-d '(.*)'/.exec(curlExample("", "pat_x", example))?.[1] ?? "";
    const filled = sent.replaceAll(/<[a-z ]+>/g, "3f2b1c9e-5a7d-4e21-9c4b-8d6f0a1b2c3d");
    expect(example?.endpoint.body?.safeParse(JSON.parse(filled)).error).toBeUndefined();
  });

  test("is harmless for a token without scopes", () =>
    expect(exampleOf()).toContain('"https://iot.example/domains"'));
});
