import { describe, expect, test } from "vitest";
import { changeSearch, type ListSearch, pageOf, readListSearch } from "./list-search.ts";

const words = {
  orders: ["issued_at", "name"],
  statuses: ["active", "expired"],
  by: ["name", "id"],
} as const;

describe("the address of a list", () => {
  test("is read with its numbers as numbers", () =>
    expect(
      readListSearch(
        { page: "3", size: "20", order: "name", dir: "asc", status: "expired", q: "ci", by: "id" },
        words,
      ),
    ).toEqual({
      page: 3,
      size: 20,
      order: "name",
      dir: "asc",
      status: "expired",
      q: "ci",
      by: "id",
    }));

  test("gives the defaults where it makes no sense", () =>
    expect(
      readListSearch(
        { page: "-1", size: "7", order: "secret", dir: "up", status: "gone", q: "", by: "x" },
        words,
      ),
    ).toEqual({}));
});

describe("a page", () => {
  test("begins after the ones before it", () =>
    expect(pageOf({ page: 3, size: 20 })).toEqual({ limit: 20, offset: 40 }));

  test("is the first one of ten rows when nothing is said", () =>
    expect(pageOf({})).toEqual({ limit: 10, offset: 0 }));
});

describe("a change of a list", () => {
  test("goes back to the first page", () =>
    expect(changeSearch({ page: 4, q: "a" }, { q: "b" })).toEqual({ q: "b" }));

  test("of the page keeps everything else", () =>
    expect(changeSearch<ListSearch>({ status: "expired", q: "a" }, { page: 2 })).toEqual({
      status: "expired",
      q: "a",
      page: 2,
    }));

  test("to nothing leaves the address clean", () =>
    expect(changeSearch({ q: "a", status: "expired" }, { q: undefined, status: "" })).toEqual({}));
});
