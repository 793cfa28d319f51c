import type { BrowserContext, Page } from "playwright-core";

/**
 * Signs somebody in as the sign-in page does, and opens a page; resolves when it is there. The page
 * for signing in itself would have to be loaded first: tests that are about it fill it in.
 */
export async function signIn(
  context: BrowserContext,
  baseUrl: string,
  person: { readonly email: string; readonly password: string },
  next = "/domains",
): Promise<Page> {
  const answer = await context.request.post(`${baseUrl}/session`, {
    headers: { "x-tessera-csrf": "1" },
    data: { username: person.email, password: person.password },
  });
  if (!answer.ok()) throw new Error(`Signing in: ${answer.status()} ${await answer.text()}`);
  const page = await context.newPage();
  await page.goto(baseUrl + next);
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  return page;
}
