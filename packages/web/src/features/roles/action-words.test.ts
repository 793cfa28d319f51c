import { createCatalogue } from "@tessera/sdk";
import { expect, test } from "vitest";
import { actionWords } from "./action-words.ts";

const catalogue = createCatalogue();
const textOf = (type: string, action: string) => actionWords(catalogue, type, action)?.text;

test("a role action is told in the words of the operations that it allows", () => {
  expect(textOf("clients", "read")).toBe("View a client");
  expect(textOf("domains", "client_read")).toBe("View a client");
  expect(textOf("groups", "client_read")).toBe("View a client");
  expect(textOf("groups", "subgroup_client_delete")).toBe("Delete a client");
  expect(textOf("domains", "client_create")).toMatch(/^Create/);
  expect(textOf("domains", "update")).toBe("Update domain information");
  expect(textOf("domains", "client_view_role_users")).toBe("See the roles and who has them");
});

test("every action has words but those that allow nothing here", () => {
  for (const { name } of catalogue.entityTypes) {
    for (const action of catalogue.roleActions(name)) {
      const isNothing =
        /^(alarm|rule|report)_|membership$/.test(action) ||
        (action === "delete" && name === "domains");
      if (isNothing) expect([action, textOf(name, action)]).toEqual([action, undefined]);
      else expect([name, action, textOf(name, action) ?? ""]).not.toEqual([name, action, ""]);
    }
  }
});

test("only what shows alone is for those who look on", () => {
  expect(actionWords(catalogue, "domains", "client_read")?.isRead).toBe(true);
  expect(actionWords(catalogue, "domains", "client_update")?.isRead).toBe(false);
  expect(actionWords(catalogue, "domains", "manage_role")?.isRead).toBe(false);
});
