import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seenRequestPath } from "../../http/seen-request.ts";
import { openQuotingPostgres } from "../../testing/quoting-postgres.ts";
import { openQuotingSmtp } from "../../testing/quoting-smtp.ts";
import { runDoctor } from "./doctor.ts";
import type { Finding } from "./finding.ts";

const password = "Geheim-4711";
const forged =
  "\u001b[2J\u001b]0;pwned\u0007\u001b[31mfine   proxy   all good\r\nNothing is wrong.\n\u202e\u009b31m\u2028";

let dataDir: string;
let closing: Array<() => Promise<unknown>>;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "tessera-doctor-"));
  closing = [() => rm(dataDir, { recursive: true, force: true })];
});
afterEach(async () => {
  await Promise.all(closing.map((close) => close()));
});

/** What the doctor finds, after making sure of what it prints: a line for each finding, of visible letters alone. */
async function examine(settings: Readonly<Record<string, string>>): Promise<readonly Finding[]> {
  const world = {
    environment: {
      TESSERA_SECRET_KEY: "only tests sign by these words, 32 long",
      TESSERA_DATA_DIR: dataDir,
      TESSERA_PORT: "9",
      ...settings,
    },
    workingDirectory: dataDir,
  };
  const json = await runDoctor({ isJson: true }, "1.0.0", world);
  const { findings } = JSON.parse(json.text) as { findings: readonly Finding[] };
  const { text } = await runDoctor({ isJson: false }, "1.0.0", world);
  const lines = text.split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.pop()).toMatch(/^(?:Nothing is wrong|\d+ to be mended)\.$/);
  expect(lines).toHaveLength(findings.length);
  for (const line of lines) {
    expect(line).toMatch(
      /^(?:fine|note|wrong) {2,3}(?:settings|files|database|clock|mail|proxy) +\S/,
    );
  }
  for (const said of [...lines, json.text.trimEnd(), ...findings.map((finding) => finding.text)]) {
    expect(said).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u);
    expect(said).not.toContain(password);
    expect(said).not.toContain(Buffer.from(password).toString("base64"));
    expect(said.length).toBeLessThan(20_000);
  }
  // Whatever one of them answers, all is looked at.
  expect(new Set(findings.map(({ about }) => about))).toEqual(
    new Set(["settings", "files", "database", "clock", "mail", "proxy"]),
  );
  return findings;
}

/** Something that answers as a Tessera does, and what it likes to the doctor's question. */
async function startAnswering(seen: unknown, health: object = {}) {
  const server = createServer(({ url }, answer) => {
    const isSeen = url === seenRequestPath;
    answer.setHeader("content-type", "application/json");
    answer.end(
      JSON.stringify(isSeen ? seen : { description: "tessera", version: "1.0.0", ...health }),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => server.close());
  const { port } = server.address() as AddressInfo;
  return { TESSERA_PORT: String(port), TESSERA_PUBLIC_URL: `http://127.0.0.1:${port}` };
}

const seenAsItIs = {
  address: "198.51.100.7",
  peer: "127.0.0.1",
  scheme: "http",
  is_trusted: true,
  forwarded_for: "198.51.100.7",
  forwarded_proto: "",
};
const textsOf = (findings: readonly Finding[], about: Finding["about"]) =>
  findings.filter((finding) => finding.about === about).map(({ text }) => text);

test.each(
  Object.entries({
    "no peer": { forwarded_for: "192.0.2.1" },
    "a peer of null": { ...seenAsItIs, peer: null },
    "a peer that is no address": { ...seenAsItIs, peer: forged },
    "an object as an address": { ...seenAsItIs, address: { a: 1 } },
    "another scheme": { ...seenAsItIs, scheme: forged },
    "a list": [seenAsItIs],
    "a text": forged,
    "a long list": Array.from({ length: 2_000 }, () => "x"),
    nothing: null,
  }),
)("%s in the answer of a proxy is a finding, beside all others", async (_, seen) => {
  const found = textsOf(await examine(await startAnswering(seen)), "proxy");
  expect(found).toContainEqual(expect.stringContaining("and not as Tessera does"));
});

test.each(
  Object.entries({
    "an address": { ...seenAsItIs, address: forged },
    "a forwarded address": { ...seenAsItIs, address: "192.0.2.1", forwarded_for: `x, ${forged}` },
    "a long forwarded address": { ...seenAsItIs, forwarded_for: "9".repeat(30_000) },
    "a forwarded scheme": { ...seenAsItIs, forwarded_proto: forged },
  }),
)("%s that a proxy made up acts on no terminal and adds no line", async (_, seen) => {
  expect(textsOf(await examine(await startAnswering(seen)), "proxy")).toHaveLength(2);
});

test.each([forged, "9".repeat(60_000), null, { a: forged }, 7])(
  "a version like %j of what runs at the port acts on no terminal and adds no line",
  async (version) => {
    const found = await examine(await startAnswering(seenAsItIs, { version }));
    expect(textsOf(found, "settings").at(-1)).toMatch(/^The server that runs is version /);
  },
);

test.each(["greeting", "AUTH"] as const)(
  "a mail server's words at %s act on no terminal, add no line and tell no password",
  async (step) => {
    const server = await openQuotingSmtp(step, { words: forged.replaceAll(/[\r\n]/g, "") });
    closing.push(() => server.close());
    const found = await examine({
      TESSERA_SMTP_URL: `smtp://mailuser:${password}@127.0.0.1:${server.port}`,
      TESSERA_MAIL_FROM: "tessera@example.test",
      TESSERA_PUBLIC_URL: "http://127.0.0.1:9",
    });
    expect(textsOf(found, "mail")).toEqual([
      expect.stringMatching(
        /\(The mail server answers 554 5\.7\.1 \(security or policy\) to .+\): look at/,
      ),
    ]);
  },
);

test.each(["28P01", "XX000", "42P01"])(
  "a database server's words with the code %s act on no terminal, add no line and tell no password",
  async (code) => {
    const server = await openQuotingPostgres(`${forged} no: %s, %b`, code);
    closing.push(() => server.close());
    const encoded = encodeURIComponent(password);
    const found = await examine({
      DATABASE_URL: `postgres://tessera:${encoded}@127.0.0.1:${server.port}/tessera`,
    });
    expect(server.heard).toContain(password);
    expect(textsOf(found, "database")).toEqual([expect.stringContaining("no: …, …")]);
  },
);
