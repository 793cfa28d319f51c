import type { BrowserContext, Page } from "playwright-core";

/** Signs somebody in through the sign-in page; resolves when the page after it is there. */
export async function signIn(
  context: BrowserContext,
  baseUrl: string,
  person: { readonly email: string; readonly password: string },
  next = "/domains",
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${baseUrl}/sign-in?next=${encodeURIComponent(next)}`);
  await page.getByLabel("Email or username").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  return page;
}
