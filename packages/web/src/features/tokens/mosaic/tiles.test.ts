import { createCatalogue, replyOfCatalogue, type ScopeWire } from "@tessera/sdk";
import { expect, test } from "vitest";
import { scopeKey } from "../../../api/scope-key.ts";
import { isSet, tilesOf, tileText } from "./tiles.ts";

const catalogue = replyOfCatalogue(createCatalogue(), "pat");
const domain = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
const scope = (entity_type: string, operation: string, entity_id = "*"): ScopeWire => ({
  domain_id: domain,
  entity_type,
  entity_id,
  operation,
});
const never = "0001-01-01T00:00:00Z";
const wordsOf = (
  scopes: readonly (ScopeWire & { last_used_at?: string })[],
  beyond: ScopeWire[] = [],
) =>
  tilesOf(catalogue, scopes, new Set(beyond.map(scopeKey))).flatMap(({ type, tiles }) =>
    tiles.filter(({ granted }) => granted !== 0).map((tile) => tileText(tile, type)),
  );

test("every operation of the catalogue has a stone, whatever is granted", () => {
  const groups = tilesOf(catalogue, [], new Set());
  expect(groups.map(({ type, tiles }) => [type.name, tiles.length])).toEqual(
    catalogue.entity_types.map(({ name, operations }) => [name, operations.length]),
  );
  expect(wordsOf([])).toEqual([]);
});

test("a stone says on what it is granted, and whether it was used", () => {
  expect(
    wordsOf([
      { ...scope("clients", "view"), last_used_at: "2026-01-01T00:00:00Z" },
      { ...scope("clients", "update", "a"), last_used_at: never },
      { ...scope("clients", "update", "b"), last_used_at: never },
      { ...scope("domains", "list_clients", domain), last_used_at: never },
    ]),
  ).toEqual([
    "View a client: granted on all clients, used",
    "Update client information: granted on 2 clients, never used",
    "List clients in the domain: granted, never used",
  ]);
});

test("a stone says what takes something away, and what is beyond the owner's rights now", () => {
  const scopes = [scope("clients", "delete"), scope("channels", "view")];
  expect(wordsOf(scopes, [scope("channels", "view")])).toEqual([
    "Delete a client: granted on all clients, takes something away",
    "View a channel: granted on all channels, beyond your own rights now",
  ]);
});

test("a stone that was chosen says that its objects are still to be chosen, unless others of it are granted", () => {
  const open = new Set(["clients.view", "clients.update"]);
  const told = tilesOf(catalogue, [scope("clients", "update", "a")], new Set(), open).flatMap(
    ({ type, tiles }) => tiles.filter(isSet).map((tile) => tileText(tile, type)),
  );
  expect(told).toEqual([
    "View a client: choose on which clients",
    "Update client information: granted on 1 client",
  ]);
});
