import type { Locator, Page } from "playwright-core";
import type { DemoData } from "./demo-data.ts";
import { entityScreens } from "./entity-pages.ts";

/** A page of the app in a state worth looking at. */
export interface Screen {
  readonly name: string;
  readonly path: (demo: DemoData) => string;
  readonly isForStrangers?: boolean;
  /** Something on it goes on for as long as one looks. */
  readonly isInMotion?: boolean;
  /** What is to be done on the page before the picture. */
  readonly prepare?: (page: Page, demo: DemoData) => Promise<void>;
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/**
 * An action in the menu of the list's last row. A list that still grows may push the row off the screen, and its menu
 * is hidden with it: then it is opened again.
 */
async function openedItem(page: Page, name: string): Promise<Locator> {
  const actions = page.getByRole("button", { name: /^Actions for/ }).last();
  const item = page.getByRole("menuitem", { name });
  for (let attempts = 1; attempts < 5; attempts += 1) {
    await actions.click();
    const isShown = await item.waitFor({ timeout: 3_000 }).then(
      () => true,
      () => false,
    );
    if (isShown) return item;
  }
  return item;
}

/** In the form of a new token: addresses, times of the week, and how often. */
async function openConditions(page: Page): Promise<void> {
  await button(page, "Only from · only when · only so often").click();
  await page.getByRole("checkbox", { name: "These addresses and networks" }).check();
  await page.getByLabel("Works from").fill("10.0.0.0/8\n2001:db8::/32");
  await page.getByRole("checkbox", { name: "At certain times of the week" }).check();
  await button(page, "Add a time").click();
  const second = page.getByRole("group", { name: "Time 2" });
  await second.getByLabel("From").fill("22:00");
  await second.getByLabel("To").fill("06:00");
  await page.getByRole("checkbox", { name: "A rate limit" }).check();
  await page.getByLabel("Maximum uses").fill("600");
  await page.getByText("which is not in the list").waitFor();
}

/** Fills in what is asked of the first client there is. */
async function askToken(page: Page, operation: string): Promise<void> {
  await button(page, "May it do this?").click();
  const choose = async (field: string, option: string | RegExp) => {
    await page.getByRole("combobox", { name: field, exact: true }).click();
    const options = page.getByRole("listbox", { name: field, exact: true }).getByRole("option");
    await options.filter({ hasText: option }).first().click();
  };
  await choose("Entity Type", "Clients");
  await choose("Entity", /./);
  await choose("Operation", operation);
}

/** Every page of the app, over the demo data. */
export const screens: readonly Screen[] = [
  { name: "sign-in", path: () => "/sign-in", isForStrangers: true },
  { name: "register", path: () => "/register", isForStrangers: true },
  { name: "password-forgot", path: () => "/password/forgot", isForStrangers: true },
  { name: "password-reset", path: () => "/password/reset#token=link_x", isForStrangers: true },
  { name: "verify-email", path: () => "/verify-email#token=link_x", isForStrangers: true },
  {
    name: "verify-email-dead",
    path: () => "/verify-email#token=link_x",
    isForStrangers: true,
    prepare: async (page) => {
      await button(page, "Yes, it is mine").click();
      await page.getByText("This link does not work").waitFor();
    },
  },
  { name: "domains", path: () => "/domains" },
  {
    name: "domains-create",
    path: () => "/domains",
    prepare: async (page) => {
      await button(page, "Create").click();
      await page.getByLabel("Name").fill("Harbour crane 3");
    },
  },
  { name: "domains-empty", path: () => "/domains?q=nothing" },
  { name: "domain-home", path: ({ domainId }) => `/domains/${domainId}` },
  { name: "domain-tokens", path: ({ domainId }) => `/domains/${domainId}/tokens` },
  {
    name: "domain-first-steps",
    path: ({ emptyDomainId }) => `/domains/${emptyDomainId}`,
    prepare: (page) => page.getByRole("heading", { name: "First steps" }).waitFor(),
  },
  {
    name: "audit-domain",
    path: ({ domainId }) => `/domains/${domainId}/audit?operation=clients.set_parent_group`,
    prepare: async (page) => {
      await page
        .getByRole("button", { name: /^Details/ })
        .first()
        .click();
      await button(page, "Filters").click();
    },
  },
  {
    name: "audit-keeping",
    path: ({ domainId }) => `/domains/${domainId}/audit?operation=clients.set_parent_group`,
    prepare: async (page) => {
      await button(page, "Change how long they are kept").click();
      await page.getByRole("dialog", { name: "How long records are kept" }).waitFor();
    },
  },
  { name: "audit-platform", path: () => "/audit" },
  { name: "audit-tokens", path: ({ tokenId }) => `/pats/audit?token=${tokenId}` },
  { name: "audit-empty", path: () => "/audit?address=192.0.2.7" },
  { name: "tools", path: () => "/tools" },
  { name: "users", path: () => "/users" },
  {
    name: "users-disable",
    path: () => "/users",
    prepare: async (page) => {
      await (await openedItem(page, "Disable")).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    name: "users-reset-link",
    path: () => "/users",
    prepare: async (page) => {
      await (await openedItem(page, "Reset link")).click();
      await button(page, "Make the link").click();
      await page.getByTestId("reset-link").waitFor();
    },
  },
  ...entityScreens,
  { name: "pats", path: () => "/pats" },
  { name: "pats-all", path: () => "/pats?status=all" },
  { name: "pats-empty", path: () => "/pats?status=expired&q=nothing" },
  {
    name: "pats-status",
    path: () => "/pats?status=expired",
    prepare: (page) => button(page, "Status: Expired").click(),
  },
  {
    name: "pats-row-actions",
    path: () => "/pats",
    prepare: (page, { inLabel }) => button(page, `Actions for ${inLabel("ci deploy")}`).click(),
  },
  {
    name: "pats-delete-all",
    path: () => "/pats",
    prepare: (page) => button(page, "Delete All").click(),
  },
  {
    name: "pats-selected",
    path: () => "/pats",
    prepare: async (page, { inLabel }) => {
      for (const name of ["ci deploy", "dashboard"]) {
        await page.getByRole("checkbox", { name: `Select ${inLabel(name)}` }).check();
      }
    },
  },
  {
    name: "pats-extend-report",
    path: () => "/pats?status=revoked",
    prepare: async (page) => {
      await page.getByRole("checkbox", { name: "Select all on this page" }).check();
      await button(page, "Extend").click();
      await button(page, "Extend 1").click();
      await page.getByText("0 of 1 extended, 1 not").waitFor();
    },
  },
  { name: "pats-unused", path: () => "/pats?only=unused-90d" },
  { name: "pats-create", path: () => "/pats/new" },
  {
    name: "pats-create-filled",
    path: ({ domainId, clientIds, channelId }) =>
      `/pats/new?name=night+report&duration=90d&domain=${domainId}&scopes=clients:view:*,clients:update_tags:*,domains:list_clients,channels:view:${channelId},clients:delete:${clientIds[0]}`,
  },
  {
    name: "pats-create-operations",
    path: () => "/pats/new",
    prepare: async (page) => {
      await page.getByRole("combobox", { name: "Entity Type" }).click();
      await page.getByRole("option", { name: "Clients" }).click();
      await page.getByRole("combobox", { name: "Operation" }).click();
    },
  },
  {
    name: "pats-create-custom",
    path: () => "/pats/new?name=until+then&duration=custom",
    prepare: (page) => page.getByLabel("Expires on").fill("2026-12-24T18:00"),
  },
  {
    name: "pats-create-faults",
    path: () => "/pats/new",
    prepare: async (page) => {
      await page.getByRole("combobox", { name: "Entity Type" }).click();
      await page.getByRole("option", { name: "Clients" }).click();
      await button(page, "Create").click();
      await page.getByText("Choose what it may do").waitFor();
    },
  },
  {
    name: "pats-create-nothing-found",
    path: () => "/pats/new?name=night+report",
    prepare: async (page) => {
      await page.getByRole("combobox", { name: "Entity Type" }).click();
      await page.getByRole("option", { name: "Clients" }).click();
      await page.getByRole("combobox", { name: "Entity", exact: true }).fill("no such pump");
      await page.getByRole("listbox", { name: "Entity" }).waitFor({ state: "hidden" });
      await page.getByText("No clients found in this domain").last().waitFor();
    },
  },
  {
    name: "pats-create-conditions",
    path: () => "/pats/new?name=night+report",
    prepare: openConditions,
  },
  {
    name: "pats-create-conditions-faults",
    path: () => "/pats/new?name=night+report",
    prepare: async (page) => {
      await openConditions(page);
      await page.getByLabel("Works from").fill("10.0.0.0/8\n10.0.0.300\nthe office");
      await page.getByLabel("Maximum uses").fill("");
      await button(page, "Create").click();
      await page.getByText(/^10\.0\.0\.300, the office: must be/).waitFor();
    },
  },
  { name: "pat", path: ({ tokenId }) => `/pats/${tokenId}` },
  {
    name: "pat-conditions",
    path: ({ limitedTokenId }) => `/pats/${limitedTokenId}`,
    prepare: (page) => page.getByRole("heading", { name: "Conditions" }).scrollIntoViewIfNeeded(),
  },
  {
    name: "pat-conditions-edit",
    path: ({ limitedTokenId }) => `/pats/${limitedTokenId}`,
    prepare: async (page) => {
      await button(page, "Edit conditions").click();
      await page.getByText(/^Seen from/).waitFor();
    },
  },
  {
    name: "pat-reach",
    path: ({ tokenId }) => `/pats/${tokenId}`,
    prepare: async (page) => {
      await button(page, "Draw it").click();
      await page.getByRole("list", { name: /^Reached in/ }).waitFor();
      await page.getByRole("heading", { name: "What it reaches" }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: "pat-use-objects",
    path: ({ tokenId }) => `/pats/${tokenId}`,
    prepare: async (page) => {
      await page.getByText("With what", { exact: true }).click();
      await page.getByRole("list", { name: "Uses by object" }).waitFor();
      await page.getByRole("region", { name: "Use", exact: true }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: "pat-use-refused",
    path: ({ tokenId }) => `/pats/${tokenId}`,
    prepare: async (page) => {
      await page.getByRole("list", { name: "Uses by operation" }).waitFor();
      await page.getByText("Refused in the last 30 days").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "pat-try-it-yes",
    path: ({ limitedTokenId }) => `/pats/${limitedTokenId}`,
    prepare: async (page) => {
      await askToken(page, "View a client");
      // A Tuesday at noon in Berlin.
      await page.getByLabel("At", { exact: true }).fill("2026-12-01T11:00");
      await button(page, "Ask").click();
      await page.getByText("Yes, it may do this").waitFor();
    },
  },
  {
    name: "pat-try-it-no",
    path: ({ tokenId }) => `/pats/${tokenId}`,
    prepare: async (page) => {
      await askToken(page, "Delete a client");
      await button(page, "Ask").click();
      await page.getByText("No, it may not do this").waitFor();
    },
  },
  {
    name: "pats-create-reach",
    path: ({ domainId }) => `/pats/new?domain=${domainId}&scopes=clients:view:*,groups:view:*`,
    prepare: async (page) => {
      await page.getByText("What it would reach now").click();
      await page.getByRole("list", { name: /^Reached in/ }).waitFor();
    },
  },
  {
    name: "pat-narrow",
    path: ({ tokenId }) => `/pats/${tokenId}`,
    prepare: async (page) => {
      await button(page, "Narrow …").click();
      await page.getByText(/recorded uses would be refused|There is nothing to narrow/).waitFor();
    },
  },
  {
    name: "pat-mosaic-question",
    path: ({ tokenId }) => `/pats/${tokenId}`,
    prepare: async (page) => {
      await page.getByRole("button", { name: /^View a channel: granted/ }).click();
      await page.getByRole("dialog", { name: "Delete scopes" }).waitFor();
    },
  },
  {
    name: "pat-add-scope",
    path: ({ tokenId }) => `/pats/${tokenId}?add=scope`,
    prepare: (page) => page.getByRole("dialog", { name: "Add scope" }).waitFor(),
  },
  {
    name: "pat-revoke",
    path: ({ tokenId }) => `/pats/${tokenId}`,
    prepare: (page) => button(page, "Revoke").click(),
  },
  {
    name: "pat-regenerate",
    path: ({ tokenId }) => `/pats/${tokenId}`,
    prepare: async (page) => {
      await button(page, "Regenerate").click();
      await page.getByRole("radio", { name: "Several machines use it" }).check();
    },
  },
  { name: "pat-rotated", path: ({ rotatedTokenId }) => `/pats/${rotatedTokenId}` },
  {
    name: "pat-new-secret",
    path: () => "/pats/new?name=night+report&scopes=clients:view:*",
    prepare: async (page) => {
      await button(page, "Create").click();
      await page.getByText("Make sure to copy").waitFor();
    },
  },
  { name: "pat-not-found", path: () => "/pats/5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60" },
  { name: "profile", path: () => "/profile" },
  { name: "profile-password", path: () => "/profile?tab=password" },
  { name: "profile-sessions", path: () => "/profile?tab=sessions" },
  {
    name: "profile-notices",
    path: () => "/profile?tab=notices",
    prepare: (page) => page.getByRole("heading", { name: "Calendar" }).waitFor(),
  },
  {
    name: "notices",
    path: () => "/pats",
    prepare: async (page) => {
      await page.getByRole("button", { name: /^Notices/ }).click();
      await page.getByRole("heading", { name: "Notices" }).waitFor();
    },
  },
  { name: "notices-all", path: () => "/notices" },
  { name: "not-found", path: () => "/no/such/page" },
  {
    name: "account-menu",
    path: () => "/pats",
    prepare: (page) => page.getByRole("button", { name: "Account menu" }).click(),
  },
];

/** Until the page has its title, or is hidden behind a dialog, nothing says that it loads, and moving things stand still. */
export async function settle(page: Page): Promise<void> {
  await page.locator("h1:visible, [role=dialog]:visible").first().waitFor();
  await page.waitForLoadState("networkidle");
  await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
  await page.waitForTimeout(200);
}
