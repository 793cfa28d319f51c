import { afterAll, beforeAll, expect, test } from "vitest";
import {
  newDataDir,
  printedAdmin,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

let server: ServerProcess;
const secrets = new Set<string>();
const refusals: string[] = [];

beforeAll(async () => {
  server = await startServerProcess(await newDataDir(), { TESSERA_LOG_LEVEL: "trace" });
});
afterAll(async () => {
  await server.stop();
  await removeDataDir(server.dataDir);
});

/** Remembers a secret that must never be seen again. */
function secret(text: string): string {
  secrets.add(text);
  return text;
}

interface Sent {
  readonly bearer?: string;
  readonly cookie?: string;
  readonly body?: unknown;
  readonly raw?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: replies of many kinds are read here.
type LooseJson = any;

async function send(method: string, path: string, { bearer, cookie, body, raw }: Sent = {}) {
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(server.url + path, {
    method,
    headers: {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(cookie === undefined ? {} : { cookie }),
      ...(payload === undefined ? {} : { "content-type": "application/json" }),
      "x-tessera-csrf": "1",
    },
    ...(payload === undefined ? {} : { body: payload }),
  });
  const text = await response.text();
  if (response.status >= 400) refusals.push(text);
  return {
    status: response.status,
    text,
    json: text.startsWith("{") ? (JSON.parse(text) as LooseJson) : {},
    cookies: response.headers.getSetCookie(),
  };
}

test("never writes a token, a password or a secret to its log, its metrics or an error", async () => {
  // What the first start prints is meant to be read, once; the log is what follows.
  const admin = printedAdmin(server.output());
  const printed = server.output().length;
  secret(admin.password);
  const session = await signIn(admin.email, admin.password);
  await signIn(admin.email, secret("a wrong password for the admin"), 401);
  await signIn("nobody@example.test", secret("a password of nobody at all"), 401);

  const password = secret("the password of a new person");
  const person = {
    first_name: "Ada",
    last_name: "Byron",
    email: "ada@example.test",
    credentials: { username: "ada", secret: password },
  };
  await send("POST", "/users", { body: person });
  await send("POST", "/users", { body: person });
  await send("POST", "/users", {
    body: { ...person, credentials: { username: "a b", secret: password } },
  });
  const ada = await signIn("ada", password);
  const newSecret = secret("another password of the person");
  const change = { old_secret: secret("not the old password"), new_secret: newSecret };
  await send("PATCH", "/users/secret", { bearer: ada.access, body: change });
  await send("PATCH", "/users/secret", {
    bearer: ada.access,
    body: { ...change, old_secret: password },
  });
  const refreshed = await send("POST", "/users/tokens/refresh", { bearer: ada.refresh });
  secret(refreshed.json.access_token);
  secret(refreshed.json.refresh_token);

  const web = await send("POST", "/session", {
    body: { username: admin.email, password: admin.password },
  });
  const cookie = web.cookies.map((line) => line.split(";", 1)[0]).join("; ");
  for (const line of web.cookies) secret(line.split(";", 1)[0]?.split("=", 2)[1] ?? "");
  await send("POST", "/session/refresh", { cookie });
  await send("GET", "/users/profile", { cookie });

  const bearer = session.access;
  const domain = await send("POST", "/domains", {
    bearer,
    body: { name: "Plant", route: "plant" },
  });
  const clients = `/${domain.json.id}/clients`;
  const chosen = {
    name: "pump",
    credentials: { secret: secret("a client secret that was chosen") },
  };
  const client = await send("POST", clients, { bearer, body: chosen });
  await send("POST", clients, { bearer, body: chosen });
  const generated = await send("POST", clients, { bearer, body: { name: "valve" } });
  secret(generated.json.credentials.secret);
  const rotated = { secret: secret("a client secret that came later") };
  await send("PATCH", `${clients}/${client.json.id}/secret`, { bearer, body: rotated });

  const wanted = { name: "ci", duration: "24h", scopes: [] };
  const token = await send("POST", "/pats", { bearer, body: wanted });
  const text = secret(token.json.secret);
  await send("GET", `${clients}/${client.json.id}`, { bearer: text });
  await send("GET", `/pats`, { bearer: text });
  await send("GET", `${clients}?name=x&name=${text}`, { bearer: text });
  await send("POST", "/pats", { bearer: `${text}x`, raw: `{"name":"${text}` });
  await send("POST", "/pats", { bearer, raw: `{"name": "ci", "duration": "${text}"}` });
  await send("POST", "/pats", { bearer, raw: `{"secret": "${text}"` });
  await send("GET", `/${text}/clients`, { bearer });
  await send("GET", `/pats/${text}`, { bearer });
  await send("GET", `/nowhere/${text}`, { bearer: text });
  const reset = `/pats/${token.json.id}/secret/reset`;
  const again = await send("PATCH", reset, { bearer, body: { duration: "1h" } });
  secret(again.json.secret);
  await send("GET", "/domains", { bearer: text });
  const feed = await send("POST", "/calendar/feed", { bearer });
  const feedPath: string = feed.json.address;
  secret(feedPath.slice("/calendar/".length, -".ics".length));
  expect((await send("GET", feedPath)).status).toBe(200);
  await send("GET", feedPath.replace(".ics", "x.ics"));
  await send("GET", `${feedPath}/x`);
  await send("DELETE", feedPath);
  await send("GET", `/calendar/${text}.ics`);
  const { text: metrics } = await send("GET", "/metrics");
  await server.stop();

  const log = server.output().slice(printed);
  expect(log).toContain("/pats/:tokenId/secret/reset");
  expect(refusals.length).toBeGreaterThan(10);
  expect([...secrets].every((each) => each.length >= 16)).toBe(true);
  const written = { log, metrics, refusals: refusals.join("\n") };
  for (const [where, content] of Object.entries(written)) {
    const leaked = [...secrets].filter((each) => content.includes(each));
    expect(leaked, where).toEqual([]);
  }
});

async function signIn(username: string, password: string, status = 201) {
  const issued = await send("POST", "/users/tokens/issue", { body: { username, password } });
  expect(issued.status).toBe(status);
  if (status !== 201) return { access: "", refresh: "" };
  return {
    access: secret(issued.json.access_token),
    refresh: secret(issued.json.refresh_token),
  };
}
