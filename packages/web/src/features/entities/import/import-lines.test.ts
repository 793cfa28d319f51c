import { describe, expect, test } from "vitest";
import { readImportFile } from "./import-lines.ts";

const csv = (text: string) => readImportFile("clients", "clients.csv", text);

function linesOf(file: ReturnType<typeof readImportFile>) {
  if ("problem" in file) throw new Error(file.problem);
  return file.lines;
}

describe("a CSV file of clients", () => {
  test("becomes what the API takes", () =>
    expect(
      linesOf(csv('Name,tags,Key,metadata\npump,"a;b",s3cret,"{""floor"": 2}"\n'))[0]?.body,
    ).toEqual({
      name: "pump",
      tags: ["a", "b"],
      credentials: { secret: "s3cret" },
      metadata: { floor: 2 },
    }));

  test("is refused as a whole when a column is unknown, with the nearest known one", () =>
    expect(csv("name,tgas\na,b")).toMatchObject({
      problem: expect.stringContaining("did you mean “tags”?"),
    }));

  test("is refused as a whole without names", () =>
    expect(csv("tags\na")).toEqual({ problem: "The column “name” is missing." }));

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
    ];
    const lines = linesOf(csv(rows.join("\n")));
    expect(lines.map(({ number, problem }) => [number, problem?.split(":")[0]])).toEqual([
      [2, undefined],
      [4, "name"],
      [5, "metadata"],
      [6, "status"],
      [7, "id"],
      [8, "has more cells than there are columns"],
    ]);
  });
});

describe("a JSON file", () => {
  test("holds what the API takes", () =>
    expect(
      linesOf(readImportFile("groups", "g.json", '[{"name":"a","description":"b"}]'))[0]?.body,
    ).toEqual({ name: "a", description: "b" }));

  test("is refused with the line where it is broken", () =>
    expect(readImportFile("groups", "g.json", '[\n{"name" "a"}]')).toMatchObject({
      problem: expect.stringContaining("line 2"),
    }));

  test.each([
    ['[{"name":"a"},{"name":"b","metadata":{"n":9007199254740993}}]', "1.metadata.n"],
    ['[{"name":"a","name":"b"}]', "0.name"],
  ])("is refused with the path of what reading it would lose: %s", (text, path) =>
    expect(readImportFile("groups", "g.json", text)).toMatchObject({
      problem: expect.stringContaining(path),
    }),
  );

  test("tells which element is wrong", () =>
    expect(
      linesOf(
        readImportFile("channels", "c.json", '[{"name":"a"},7,{"name":"b","route":"-"}]'),
      ).map(({ problem }) => problem?.slice(0, 6)),
    ).toEqual([undefined, "is no ", "route:"]));
});
