import type { Page } from "playwright-core";
import type { DemoData } from "./demo-data.ts";

/** Something that shows a name only after a click or two: a dialog, a message, a field. */
interface Moment {
  readonly name: string;
  readonly path: (demo: DemoData) => string;
  readonly prepare: (page: Page, demo: DemoData) => Promise<void>;
}

const button = (page: Page, name: string | RegExp) =>
  page.getByRole("button", { name, exact: true }).first();
const inDialog = (page: Page, name: string) =>
  page.getByRole("dialog").getByRole("button", { name, exact: true });
const option = (page: Page) => page.getByRole("option").filter({ visible: true }).first();
const message = (page: Page) => page.getByRole("alert").filter({ hasText: /\u2068/ });
const inDomain = (path: string) => (demo: DemoData) => `/domains/${demo.domainId}/${path}`;
const client = (demo: DemoData) => `/domains/${demo.domainId}/clients/${demo.clientIds[0]}`;
const group = (demo: DemoData) => `/domains/${demo.domainId}/groups/${demo.groupId}`;
const token = (demo: DemoData) => `/pats/${demo.tokenId}`;
const role = (demo: DemoData) => `/domains/${demo.domainId}/roles/${demo.roleId}`;

/** Beside the screens: the other dialogs, messages, lists and fields that hold names. */
export const foreignMoments: readonly Moment[] = [
  {
    name: "the list of domains to switch to",
    path: inDomain("clients"),
    prepare: async (page) => {
      await page.getByRole("combobox", { name: "Domain" }).click();
      await option(page).waitFor();
    },
  },
  {
    name: "a name being edited",
    path: client,
    prepare: (page) => button(page, "Edit name").click(),
  },
  {
    name: "tags being edited",
    path: client,
    prepare: async (page) => {
      await button(page, "Edit tags").click();
      await page.getByRole("combobox", { name: "Tags" }).waitFor();
    },
  },
  {
    name: "a description being edited",
    path: group,
    prepare: (page) => button(page, "Edit description").click(),
  },
  {
    name: "the question before a client is disabled",
    path: client,
    prepare: (page) => button(page, "Disable").click(),
  },
  {
    name: "the message that a client is disabled",
    path: (demo) => `/domains/${demo.domainId}/clients/${demo.clientIds[2]}`,
    prepare: async (page) => {
      await button(page, "Disable").click();
      await inDialog(page, "Disable").click();
      await message(page).waitFor();
    },
  },
  {
    name: "the message that a client is deleted",
    path: (demo) => `/domains/${demo.domainId}/clients/${demo.clientIds[3]}`,
    prepare: async (page) => {
      await button(page, "Delete client").click();
      await inDialog(page, "Delete").click();
      await message(page).waitFor();
    },
  },
  {
    name: "the groups to move a client to",
    path: client,
    prepare: async (page) => {
      await button(page, "Move").click();
      await page.getByRole("combobox", { name: "Parent group" }).click();
      await option(page).click();
      await page.getByRole("dialog").getByText("It leaves the group").waitFor();
    },
  },
  {
    name: "the question before a client leaves its group",
    path: client,
    prepare: (page) => button(page, "Remove").click(),
  },
  {
    name: "channels chosen to connect",
    path: (demo) => `${client(demo)}/connections`,
    prepare: async (page) => {
      await button(page, "Connect").click();
      await page.getByRole("combobox", { name: "Channels" }).click();
      await option(page).click();
    },
  },
  {
    name: "the question before a subgroup is removed",
    path: (demo) => `${group(demo)}/subgroups`,
    prepare: (page, { inLabel }) =>
      button(page, `Remove ${inLabel("Cellar")} from this group`).click(),
  },
  {
    name: "the question before all subgroups are removed",
    path: (demo) => `${group(demo)}/subgroups`,
    prepare: (page) => button(page, "Remove all").click(),
  },
  {
    name: "a search that finds nothing",
    path: (demo) => inDomain(`clients?q=${encodeURIComponent(demo.shown("nobody"))}`)(demo),
    prepare: (page) => page.getByText("No clients match").waitFor(),
  },
  {
    name: "a search for tokens that finds nothing",
    path: ({ shown }) => `/pats?q=${encodeURIComponent(shown("nobody"))}`,
    prepare: (page) => page.getByText("No active tokens match").waitFor(),
  },
  {
    name: "a file of clients with mistakes",
    path: inDomain("clients"),
    prepare: async (page, { shown }) => {
      await button(page, "Upload").click();
      await page.locator("input[type=file]").setInputFiles({
        name: shown("clients.csv"),
        mimeType: "text/csv",
        buffer: Buffer.from(`name,status\n${shown("valve")},broken\n`),
      });
      await page.getByText("with mistakes").waitFor();
    },
  },
  {
    name: "a file of clients with an unknown column",
    path: inDomain("clients"),
    prepare: async (page, { shown }) => {
      await button(page, "Upload").click();
      await page.locator("input[type=file]").setInputFiles({
        name: "clients.csv",
        mimeType: "text/csv",
        buffer: Buffer.from(`name,${shown("colour")}\nvalve,red\n`),
      });
      await page.getByText("One column is ignored").waitFor();
    },
  },
  {
    name: "the roles to filter members by",
    path: inDomain("members"),
    prepare: async (page) => {
      await button(page, /^Role:/).click();
      await page.getByRole("menuitemradio").last().click();
      await button(page, /^Role:/).click();
    },
  },
  {
    name: "people chosen, and the roles for them",
    path: inDomain("invitations"),
    prepare: async (page) => {
      await button(page, "Send Invitation").click();
      await page.getByRole("combobox", { name: "Users" }).fill("andy");
      await option(page).click();
      await page.keyboard.press("Escape");
      await page.getByRole("combobox", { name: "Role" }).click();
      await page.getByRole("listbox", { name: "Role" }).getByRole("option").last().click();
      await page.getByRole("combobox", { name: "Role" }).click();
    },
  },
  {
    name: "the question before a role is deleted",
    path: role,
    prepare: (page) => button(page, "Delete role").click(),
  },
  {
    name: "the question before somebody leaves a role",
    path: role,
    prepare: (page) => button(page, "Remove from the role").click(),
  },
  {
    name: "the question before everybody leaves a role",
    path: role,
    prepare: (page) => button(page, "Remove All").click(),
  },
  {
    name: "the question before a member is removed",
    path: inDomain("members"),
    prepare: (page) => button(page, "Remove from the domain").click(),
  },
  {
    name: "the question before an invitation is deleted",
    path: inDomain("invitations"),
    prepare: (page) => button(page, "Delete").click(),
  },
  {
    name: "the question before a domain is disabled",
    path: inDomain("settings"),
    prepare: (page) => button(page, "Disable").click(),
  },
  {
    name: "the question before a token is deleted",
    path: token,
    prepare: (page) => button(page, "Delete").click(),
  },
  {
    name: "the question before a scope is deleted",
    path: token,
    prepare: (page) => button(page, /^Delete scope clients update_tags/).click(),
  },
  {
    name: "the question before all scopes are deleted",
    path: token,
    prepare: (page) => button(page, "Delete All").click(),
  },
  {
    name: "the objects that a scope can be for",
    path: () => "/pats/new",
    prepare: async (page) => {
      await page.getByRole("combobox", { name: "Entity Type" }).click();
      await page.getByRole("option", { name: "Clients" }).click();
      await page.getByRole("combobox", { name: "Entity", exact: true }).click();
      await page.getByRole("listbox", { name: "Entity", exact: true }).waitFor();
    },
  },
  {
    name: "a link that fills in what is no scope",
    path: ({ shown }) =>
      `/pats/new?name=${encodeURIComponent(shown("night report"))}&duration=${encodeURIComponent(shown("ever"))}&scopes=${encodeURIComponent(`${shown("all")},${shown("a")}:${shown("b")}:*`)}`,
    prepare: (page) => page.getByText("is not a scope").first().waitFor(),
  },
  {
    name: "a token made anew, and the message that it is revoked",
    path: token,
    prepare: async (page) => {
      await button(page, "Revoke").click();
      await inDialog(page, "Revoke").click();
      await message(page).waitFor();
      await page.getByText("Revoked just now").waitFor();
      await button(page, "Regenerate").click();
      await page.getByRole("dialog").getByText("gets a new secret").waitFor();
    },
  },
  {
    name: "the message that an invitation is accepted",
    path: () => "/invitations",
    prepare: async (page) => {
      await button(page, "Accept").click();
      await message(page).waitFor();
    },
  },
];
