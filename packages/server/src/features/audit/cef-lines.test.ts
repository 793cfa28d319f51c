import { expect, test } from "vitest";
import { exampleRecord } from "../../testing/example-record.ts";
import { cefLine } from "./cef-lines.ts";
import type { StoredRow } from "./verify-chains.ts";

const row: StoredRow = {
  ...exampleRecord,
  actor_kind: "token",
  token_id: "token-1",
  session_id: null,
};

test("a record is one line of CEF, by the names of its dictionary", () => {
  expect(cefLine(row, { version: "1.2.3" })).toBe(
    "CEF:0|Tessera|Tessera|1.2.3|clients.update|clients.update allowed|3|" +
      "rt=1768435200123 externalId=0197-1 act=allowed outcome=success cnt=1 suid=user-1 src=192.0.2.7 " +
      "deviceFacility=domain-1 cs1=clients cs1Label=object_type cs2=client-1 cs2Label=object_id " +
      "cs3=domain-1 cs3Label=domain_id cs4=token-1 cs4Label=token_id cs6={} cs6Label=details " +
      "flexString1=token flexString1Label=actor_kind flexString2=request-1 flexString2Label=request_id " +
      "cn1=7 cn1Label=sequence",
  );
});

test("a refusal of CEF says why, how often, and from which IPv6 address", () => {
  const refused = { ...row, outcome: "refused", reason: "scope_missing", address: "2001:db8::1" };
  const { head, extension } = readCef(
    cefLine({ ...refused, details: '{"count":12}' } as StoredRow, { version: "1" }),
  );
  expect(head[6]).toBe("6");
  expect(extension).toMatchObject({
    act: "refused",
    outcome: "failure",
    reason: "scope_missing",
    cnt: "12",
    c6a2: "2001:db8::1",
    c6a2Label: "Source IPv6 Address",
  });
  expect(extension).not.toHaveProperty("src");
});

const hostile = [
  "a|b|c",
  "back\\slash\\",
  "act=refused outcome=failure",
  "two\nlines\r\nCEF:0|Evil|Evil|1|x|y|10|act=allowed",
  "\\n is no new line, \\= is no sign",
  "x cs6=y cs6Label=z",
  "\u2028\u2029\u0085\v\f",
  "|\\=\n",
];

test.each(hostile)("what people chose stays one value of CEF: %j", (name) => {
  const details = { name, changed: { name: { before: name, after: `${name}=` } } };
  const plain = readCef(cefLine(row, { version: "1" }));
  const line = cefLine({ ...row, details: JSON.stringify(details) }, { version: "1" });
  expect(line).not.toMatch(/[\r\n\v\f\u0085\u2028\u2029]/);
  const { head, extension } = readCef(line);
  expect(head).toEqual(plain.head);
  expect({ ...extension, cs6: "" }).toEqual({ ...plain.extension, cs6: "" });
  expect(JSON.parse(extension.cs6 ?? "")).toEqual(details);

  // No such action or id is there today; the line holds all the same.
  const odd = readCef(cefLine({ ...row, action: name, entity_id: name }, { version: name }));
  expect(odd.head).toHaveLength(7);
  expect([odd.head[3], odd.head[4]]).toEqual([withoutLines(name), withoutLines(name)]);
  expect(odd.extension.cs2).toBe(name.replaceAll(/[\v\f\u0085\u2028\u2029]/g, " "));
  expect(Object.keys(odd.extension)).toEqual(Object.keys(plain.extension));
});

const withoutLines = (text: string) => text.replaceAll(/[\r\n\v\f\u0085\u2028\u2029]/g, " ");

/** As a receiver reads it: seven fields ended by a bar, then members whose names stand before an equals sign; see ArcSight's guide. */
function readCef(line: string) {
  const fields = /^((?:\\[\s\S]|[^\\|])*)\|/;
  const head: string[] = [];
  let rest = line;
  while (head.length < 7) {
    const [whole, field] = fields.exec(rest) ?? [];
    if (whole === undefined || field === undefined)
      throw new Error("a field of the head is missing");
    head.push(field.replaceAll(/\\([\\|])/g, "$1"));
    rest = rest.slice(whole.length);
  }
  const extension: Record<string, string> = {};
  const starts = [...rest.matchAll(/(?:^| )(\w+)=/g)].filter(
    ({ index, 0: text }) => !isEscaped(rest, index + text.length - 1),
  );
  for (const [place, start] of starts.entries()) {
    const end = starts[place + 1]?.index ?? rest.length;
    const value = rest.slice(start.index + start[0].length, end);
    if (start[1] === undefined || start[1] in extension) throw new Error("a name is there twice");
    extension[start[1]] = value.replaceAll(/\\([\s\S])/g, (_, escaped: string) =>
      escaped === "n" ? "\n" : escaped === "r" ? "\r" : escaped,
    );
  }
  return { head, extension };
}

function isEscaped(text: string, place: number): boolean {
  return (/\\*$/.exec(text.slice(0, place))?.[0].length ?? 0) % 2 === 1;
}
