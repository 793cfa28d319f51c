import type { Page } from "playwright-core";
import type { DemoData } from "./demo-data.ts";
import type { Screen } from "./pages.ts";

const button = (page: Page, name: string) =>
  page.getByRole("button", { name, exact: true }).first();
const inDomain = (path: string) => (demo: DemoData) => `/domains/${demo.domainId}/${path}`;
const client = (path: string) => (demo: DemoData) =>
  `/domains/${demo.domainId}/clients/${demo.clientIds[0]}${path}`;
const group = (path: string) => (demo: DemoData) =>
  `/domains/${demo.domainId}/groups/${demo.groupId}${path}`;

/** The pages of what a domain holds, and of its people. */
export const entityScreens: readonly Screen[] = [
  { name: "clients", path: inDomain("clients") },
  { name: "clients-disabled", path: inDomain("clients?status=disabled&order=name&dir=asc") },
  { name: "clients-no-match", path: inDomain("clients?q=nothing") },
  {
    name: "clients-row-actions",
    path: inDomain("clients?order=name&dir=asc"),
    prepare: async (page, { inLabel }) => {
      await button(page, `Actions for ${inLabel("pump-02")}`).click();
      await page.getByRole("menuitem", { name: "Delete" }).waitFor();
    },
  },
  {
    name: "clients-delete",
    path: inDomain("clients?order=name&dir=asc"),
    prepare: async (page, { inLabel }) => {
      await button(page, `Actions for ${inLabel("pump-02")}`).click();
      await page.getByRole("menuitem", { name: "Delete" }).click();
    },
  },
  {
    name: "clients-create",
    path: inDomain("clients"),
    prepare: async (page) => {
      await button(page, "Create").click();
      await page.getByRole("textbox", { name: "Metadata" }).fill('{\n  "floor": 2,\n}');
    },
  },
  {
    name: "clients-upload",
    path: inDomain("clients"),
    prepare: async (page) => {
      await button(page, "Upload").click();
      await page.locator("input[type=file]").setInputFiles({
        name: "clients.csv",
        mimeType: "text/csv",
        buffer: Buffer.from("name,tags,status\nvalve 1,north,\n,north,\nvalve 3,,broken\n"),
      });
      await page.getByText("1 client in the file").or(page.getByText("with mistakes")).waitFor();
    },
  },
  {
    name: "clients-upload-columns",
    path: inDomain("clients"),
    prepare: async (page) => {
      await button(page, "Upload").click();
      await page.locator("input[type=file]").setInputFiles({
        name: "inventory.csv",
        mimeType: "text/csv",
        buffer: Buffer.from(
          "sep=;\r\nname;Hall;tgas;key\r\n+5V rail;2;power;=a-secret\r\nvalve 2;2;north;\r\n",
        ),
      });
      await page.getByText("These columns are ignored").waitFor();
    },
  },
  {
    name: "clients-upload-letters",
    path: inDomain("clients"),
    prepare: async (page) => {
      await button(page, "Upload").click();
      await page.locator("input[type=file]").setInputFiles({
        name: "inventory.csv",
        mimeType: "text/csv",
        buffer: Buffer.from("name,tags\nGénérateur à gaz,énergie\n", "latin1"),
      });
      await page.getByText("Which of these reads right?").waitFor();
    },
  },
  { name: "client", path: client("") },
  { name: "client-not-found", path: inDomain("clients/5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60") },
  {
    name: "client-edit-metadata",
    path: client(""),
    prepare: (page) => button(page, "Edit metadata").click(),
  },
  {
    name: "client-update-secret",
    path: client(""),
    prepare: (page) => button(page, "Update secret").click(),
  },
  { name: "client-connections", path: client("/connections") },
  {
    name: "client-connections-graph",
    path: client("/connections"),
    prepare: async (page) => {
      await button(page, "Draw the graph").click();
      await page.getByRole("list", { name: "Channels" }).waitFor();
    },
  },
  {
    name: "client-connections-graph-chosen",
    path: client("/connections"),
    prepare: async (page, { shown }) => {
      await button(page, "Draw the graph").click();
      await page.locator("[data-node]", { hasText: shown("pressure") }).click();
      await button(page, "Show its clients").click();
      await page.locator("[data-node]", { hasText: shown("pump-02") }).waitFor();
    },
  },
  { name: "client-reach", path: client("/reach") },
  { name: "group-reach", path: group("/reach") },
  {
    name: "client-connect",
    path: client("/connections"),
    prepare: async (page) => {
      await button(page, "Connect").click();
      await page.getByRole("combobox", { name: "Channels" }).click();
    },
  },
  {
    name: "client-disconnect",
    path: client("/connections"),
    prepare: (page, { inLabel }) => button(page, `Disconnect ${inLabel("pressure")}`).click(),
  },
  {
    name: "client-move",
    path: client(""),
    prepare: async (page) => {
      await button(page, "Move").click();
      await page.getByRole("combobox", { name: "Parent group" }).click();
      await page.locator("[role=option]").first().waitFor();
    },
  },
  {
    name: "clients-connect-many",
    path: inDomain("clients"),
    prepare: async (page) => {
      await page.getByRole("checkbox", { name: "Select all on this page" }).check();
      await button(page, "Connect").click();
      await page.getByRole("dialog", { name: "Connect to channels" }).waitFor();
    },
  },
  {
    name: "channels-create-discard",
    path: inDomain("channels"),
    prepare: async (page) => {
      await button(page, "Create").click();
      await page.getByLabel("Name").fill("water");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog", { name: "Discard what you entered?" }).waitFor();
    },
  },
  { name: "client-roles", path: client("/roles") },
  { name: "client-members", path: client("/members") },
  { name: "channels", path: inDomain("channels") },
  {
    name: "channel",
    path: (demo) => `/domains/${demo.domainId}/channels/${demo.channelId}`,
  },
  { name: "groups", path: inDomain("groups") },
  {
    name: "groups-tree",
    path: inDomain("groups?view=tree"),
    prepare: (page, { inLabel }) => button(page, `Subgroups of ${inLabel("Pump house")}`).click(),
  },
  { name: "group", path: group("") },
  { name: "group-subgroups", path: group("/subgroups") },
  { name: "group-clients", path: group("/clients") },
  { name: "group-channels", path: group("/channels") },
  {
    name: "group-assign",
    path: group(""),
    prepare: (page) => button(page, "Assign").click(),
  },
  { name: "members", path: inDomain("members") },
  {
    name: "members-assign",
    path: inDomain("members"),
    prepare: async (page, { shown }) => {
      await button(page, "Assign Users").click();
      await page.getByRole("combobox", { name: "Users" }).fill("andy");
      await page
        .getByRole("option")
        .filter({ hasText: shown("Andy") })
        .waitFor();
    },
  },
  {
    name: "members-change-role",
    path: inDomain("members"),
    prepare: async (page) => {
      await button(page, "Change role").click();
      await page.getByRole("combobox", { name: "New role" }).click();
      await page.locator("[role=option]").first().waitFor();
    },
  },
  { name: "roles", path: inDomain("roles") },
  {
    name: "roles-create",
    path: inDomain("roles"),
    prepare: async (page) => {
      await button(page, "Create").click();
      await page.getByRole("checkbox", { name: "Clients", exact: true }).check();
    },
  },
  { name: "role", path: (demo) => `/domains/${demo.domainId}/roles/${demo.roleId}` },
  { name: "invitations", path: inDomain("invitations") },
  {
    name: "invitations-send",
    path: inDomain("invitations"),
    prepare: (page) => button(page, "Send Invitation").click(),
  },
  {
    name: "invitations-inbox",
    path: () => "/domains",
    prepare: async (page) => {
      await page.getByRole("button", { name: /^Invitations, \d+ pending$/ }).click();
      await page.getByText("Invitation to join").first().waitFor();
    },
  },
  { name: "invitations-received", path: () => "/invitations" },
  { name: "invitations-sent", path: () => "/invitations?direction=sent" },
  { name: "domain-settings", path: inDomain("settings") },
];
