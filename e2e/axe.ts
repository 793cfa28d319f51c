import axe, { type AxeResults, type RunOptions } from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** What axe finds wrong with the page as it stands; with `rules` by these alone. */
export async function findViolations(page: Page, rules?: readonly string[]): Promise<string[]> {
  // A colour that is still on its way has the contrast of neither end.
  await page.evaluate(
    "Promise.allSettled(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished)).then(() => {})",
  );
  await page.evaluate(`if (window.axe === undefined) { ${axe.source} }`);
  const options: RunOptions = {
    resultTypes: ["violations"],
    ...(rules === undefined ? {} : { runOnly: [...rules] }),
  };
  const { violations, passes } = await page.evaluate<AxeResults>(
    `axe.run(${JSON.stringify(options)})`,
  );
  // A tool that looked at nothing would find nothing.
  expect(passes.length + violations.length).toBeGreaterThan(0);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
