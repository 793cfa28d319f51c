import { createClient, type ReplyTo } from "@tessera/sdk";
import { sessionOwner } from "./client.ts";

/** Whoever signs in is nobody yet: no page's person is named. */
const nobodysApi = createClient({ baseUrl: "", credentials: { kind: "cookies" } });

/**
 * Signs somebody in. Where the page is another person's, `address` is loaded in its place, and this never resolves:
 * nothing of it goes on for whoever has come.
 */
export async function signIn(
  body: { readonly username: string; readonly password: string },
  address: string,
): Promise<ReplyTo<"web_session.sign_in">> {
  const person = await nobodysApi.web_session.sign_in({ body });
  if (sessionOwner.welcome(person.id, address)) return person;
  return new Promise(() => undefined);
}
