import type { Page } from "playwright-core";

const quietMilliseconds = 700;

/** Until a page that was not loaded anew has asked for nothing for a while, and nothing of it says that it loads. */
export async function untilQuiet(page: Page): Promise<void> {
  let heardAt = performance.now();
  const hear = () => {
    heardAt = performance.now();
  };
  const happenings = ["request", "requestfinished", "requestfailed"] as const;
  for (const happening of happenings) page.on(happening as "request", hear);
  try {
    while (performance.now() - heardAt < quietMilliseconds || (await isLoading(page))) {
      await page.waitForTimeout(50);
    }
  } finally {
    for (const happening of happenings) page.off(happening as "request", hear);
  }
}

async function isLoading(page: Page): Promise<boolean> {
  return (
    (await page.locator("h1").count()) === 0 ||
    (await page.locator("[aria-busy=true]").first().isVisible())
  );
}
