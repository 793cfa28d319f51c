import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { sampled } from "../packages/server/src/testing/soak.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { createDemoData, type DemoData, demoAdmin, type Script } from "./demo-data.ts";
import { foreignMoments } from "./foreign-moments.ts";
import { findForeignText } from "./foreign-text.ts";
import { screens, settle } from "./pages.ts";
import { signIn } from "./sign-in.ts";

/** Stands in a name for what the server refuses today and may have stored long ago. */
const refusedMark = "✻";
const override = "\u202e";

const hebrew = "אבגדהוזחטיכלמנסעפצקרשתךםןץ";
/** No Latin letter is left: whatever text of a page has both is more than one name. */
const write = (name: string) =>
  name === ""
    ? ""
    : `${refusedMark}${name.replace(/[a-z]/gi, (letter) => hebrew.charAt(letter.toLowerCase().charCodeAt(0) - 97))} (3)`;
const shown = (name: string) => write(name).replace(refusedMark, "\ufffd");
const script: Script = { write, shown, inLabel: (name) => `\u2068${shown(name)}\u2069` };

let app: AppWithBrowser;
let demo: DemoData;
const idlePages: Page[] = [];

beforeAll(async () => {
  app = await startAppWithBrowser();
  demo = await createDemoData(app.url, script);
  storeWhatIsRefusedToday();
  const context = await app.browser.newContext({
    reducedMotion: "reduce",
    viewport: { width: 1280, height: 900 },
  });
  const first = await signIn(context, app.url, demoAdmin, `/domains/${demo.domainId}`);
  idlePages.push(first, await context.newPage(), await context.newPage());
});
afterAll(() => app?.close());

// As many as there are idle pages.
vi.setConfig({ maxConcurrency: 3 });

describe("every name that runs from right to left keeps to itself, and hides nothing", () => {
  test.concurrent.for(
    sampled(
      screens.filter(({ isForStrangers }) => isForStrangers !== true),
      16,
    ),
  )("with $name", async ({ path, prepare }, { onTestFinished }) => {
    const page = takePage(onTestFinished);
    await page.goto(app.url + path(demo));
    await settle(page);
    if (prepare !== undefined) {
      await prepare(page, demo);
      await settle(page);
    }
    expect((await findForeignText(page)).faults).toEqual([]);
  });
});

describe("so it does in what shows only for a moment", () => {
  // One after the other: some of them change what the others show.
  test.for(sampled(foreignMoments, 16))(
    "with $name",
    async ({ path, prepare }, { onTestFinished }) => {
      const page = takePage(onTestFinished);
      await page.goto(app.url + path(demo));
      await settle(page);
      await prepare(page, demo);
      const { faults, count } = await findForeignText(page);
      expect(faults).toEqual([]);
      expect(count, "names on the page").toBeGreaterThan(0);
    },
  );
});

test("a name that is not isolated is found, in texts, labels, fields and the page's title", async () => {
  const page = await app.browser.newPage();
  const name = shown("door");
  await page.setContent(`
    <title>${name} · Tessera</title>
    <p>The door ${name} is open</p>
    <section><bdi>The door ${name}</bdi></section>
    <div><bdi>${name}</bdi>\u2068${name}\u2069</div>
    <div><bdi>door${override}</bdi></div>
    <button aria-label="Open ${name}"></button>
    <input value="${name}"><input dir="auto" value="${name}">`);
  const { faults, count } = await findForeignText(page);
  expect(faults.map(({ place, because }) => `${place} ${because}`)).toEqual([
    "title not isolated",
    "p not isolated",
    "bdi isolated with other words",
    "bdi hides something",
    "@aria-label not isolated",
    "input not isolated",
  ]);
  expect(count).toBe(8);
  await page.close();
});

function takePage(onTestFinished: (giveBack: () => void) => void): Page {
  const page = idlePages.pop();
  if (page === undefined) throw new Error("more tests at once than pages");
  onTestFinished(() => void idlePages.push(page));
  return page;
}

/** Rows from before there was a rule: the override in every text that has the mark. */
function storeWhatIsRefusedToday(): void {
  const database = new DatabaseSync(join(app.dataDir, "tessera.sqlite"), { timeout: 5000 });
  const columns = database
    .prepare(
      `select t.name as "table", c.name as "column" from sqlite_schema t, pragma_table_info(t.name) c
       where t.type = 'table' and t.name not like 'sqlite%' and c.type = 'text' collate nocase`,
    )
    .all();
  let changes = 0;
  for (const { table, column } of columns) {
    const { changes: rows } = database
      .prepare(
        `update "${table}" set "${column}" = replace("${column}", ?, ?) where instr("${column}", ?) > 0`,
      )
      .run(refusedMark, override, refusedMark);
    changes += Number(rows);
  }
  database.close();
  expect(changes, "names in the database").toBeGreaterThan(50);
}
