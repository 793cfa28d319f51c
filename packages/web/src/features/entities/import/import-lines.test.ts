import { describe, expect, test } from "vitest";
import type { EntityTypeName } from "../../../api/entities.ts";
import {
  columnProblem,
  type GivenTable,
  guessColumns,
  linesOfList,
  linesOfTable,
  nearestColumn,
  readGivenFile,
} from "./import-lines.ts";

function tableOf(text: string): GivenTable {
  const given = readGivenFile("clients.csv", text);
  if (!("kind" in given) || given.kind !== "csv") throw new Error(JSON.stringify(given));
  return given;
}

function linesOf(text: string, choice?: readonly (string | null)[]) {
  const table = tableOf(text);
  return linesOfTable("clients", table, choice ?? guessColumns("clients", table.columns));
}

describe("a CSV file of clients", () => {
  test("becomes what the API takes", () =>
    expect(
      linesOf('Name,tags,Key,metadata\npump,"a;b",s3cret,"{""floor"": 2}"\n')[0],
    ).toMatchObject({
      hasSecret: true,
      body: {
        name: "pump",
        tags: ["a", "b"],
        credentials: { secret: "s3cret" },
        metadata: { floor: 2 },
      },
    }));

  test("has columns that are unknown ignored, and says what they may have been meant to be", () => {
    const { columns } = tableOf("name,tgas\na,b");
    expect(guessColumns("clients", columns)).toEqual(["name", null]);
    expect(columns.map((column) => nearestColumn("clients", column))).toEqual(["name", "tags"]);
  });

  test("takes a column for what it is said to be", () =>
    expect(linesOf("Gerät,Farbe,Etikett\npump,red,a;b", ["name", null, "tags"])[0]?.body).toEqual({
      name: "pump",
      tags: ["a", "b"],
    }));

  test.each([
    [["tags", null], "Choose which column is the name."],
    [["name", "name"], "Two columns are name: ignore one of them."],
    [["name", null, null], undefined],
  ])("with columns chosen as %j is told what is missing", (choice, problem) =>
    expect(columnProblem(choice)).toBe(problem),
  );

  test.each([
    [
      "very many columns",
      `name,${Array.from({ length: 200_000 }, (_, at) => `c${at}`)}\na${",x".repeat(200_000)}\n`,
      "columns",
    ],
    ["a very long title", `name,${"t".repeat(2_000_000)}\na,b\n`, "title"],
    [
      "very many empty columns above very many rows",
      `name${",".repeat(200_000)}\na${",".repeat(200_000)}x\n${"a\n".repeat(100_000)}`,
      undefined,
    ],
  ])("with %s is read, or refused as no table, in no time", (_, text, said) => {
    const given = readGivenFile("clients.csv", text);
    if (said === undefined) expect(given).toMatchObject({ columns: { length: 2 } });
    else expect(given).toEqual({ problem: expect.stringContaining(said) });
  });

  test("takes 100 columns with titles of 200 letters", () => {
    const titles = Array.from({ length: 99 }, (_, at) => `${at}`.padEnd(200, "t"));
    expect(linesOf(`name,${titles}\na\n`)[0]).toMatchObject({ body: { name: "a" } });
  });

  test("has no column where a spreadsheet left empty ones behind", () => {
    const table = tableOf("name,tags,,\na,b,,\nc,,,\n");
    expect(table.columns.map(({ title }) => title)).toEqual(["name", "tags"]);
    const lines = linesOfTable("clients", table, ["name", "tags"]);
    expect(lines.map(({ problem }) => problem)).toEqual([undefined, undefined]);
  });

  test("tells of each wrong line what is wrong, and keeps the others", () => {
    const rows = [
      "name,metadata,status,id",
      "fine,,,",
      ",,,",
      ",{},,",
      "b,{x,,",
      "c,,broken,",
      "d,,,17",
      "e,,,,",
      "f,,,,too much",
    ];
    expect(
      linesOf(rows.join("\n")).map(({ number, problem }) => [number, problem?.split(":")[0]]),
    ).toEqual([
      [2, undefined],
      [4, "name"],
      [5, "metadata"],
      [6, "status"],
      [7, "id"],
      [8, undefined],
      [9, "has more cells than there are columns"],
    ]);
  });
});

const listOf = (type: EntityTypeName, text: string) => {
  const given = readGivenFile("list.json", text);
  if (!("kind" in given) || given.kind !== "json") throw new Error(JSON.stringify(given));
  return linesOfList(type, given);
};

describe("a JSON file", () => {
  test("holds what the API takes", () =>
    expect(listOf("groups", '\uFEFF[{"name":"a","description":"b"}]')[0]?.body).toEqual({
      name: "a",
      description: "b",
    }));

  test("is refused with the line where it is broken", () =>
    expect(readGivenFile("g.json", '[\n{"name" "a"}]')).toMatchObject({
      problem: expect.stringContaining("line 2"),
    }));

  test.each([
    ['[{"name":"a"},{"name":"b","metadata":{"n":9007199254740993}}]', "1.metadata.n"],
    ['[{"name":"a","name":"b"}]', "0.name"],
  ])("is refused with the path of what reading it would lose: %s", (text, path) =>
    expect(readGivenFile("g.json", text)).toMatchObject({
      problem: expect.stringContaining(path),
    }),
  );

  test("tells which element is wrong", () =>
    expect(
      listOf("channels", '[{"name":"a"},7,{"name":"b","route":"-"}]').map(({ problem }) =>
        problem?.slice(0, 6),
      ),
    ).toEqual([undefined, "is not", "route:"]));
});
