import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createSocketServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TesseraError } from "@tessera/sdk";
import { afterEach, expect, test } from "vitest";
import { runCommand } from "./commands.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { explainFailure } from "./failures.ts";
import { readProfile } from "./profile.ts";
import { listen, startRecordingServer } from "./testing/recording-server.ts";
import { environmentOf, silentTerminal } from "./testing/silent-terminal.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function started(server: Server): Promise<string> {
  closers.push(() => server.close());
  return listen(server);
}

async function refusingAddress(): Promise<string> {
  const server = createSocketServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

/** Answers nothing, ever. */
const silentAddress = () =>
  started(
    createSocketServer((socket) => {
      closers.push(() => socket.destroy());
    }),
  );

const plainAddress = () => started(createServer((_, reply) => void reply.end("{}")));

async function distrustedAddress(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tessera-cert-"));
  closers.push(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const made = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -days 2`;
  execFileSync("openssl", [...made.split(" "), "-keyout", key, "-out", cert], { stdio: "ignore" });
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) });
  return (await started(server)).replace("http:", "https:");
}

const failures: readonly (readonly [string, () => Promise<string>, RegExp])[] = [
  ["refused", refusingAddress, /: the connection was refused \(connect ECONNREFUSED /],
  ["not found", async () => "http://no-such-host.invalid", /: (there is no such|the) name.*\(/],
  ["silent", silentAddress, /: no answer came in time$/],
  ["not trusted", distrustedAddress, /: its certificate is not trusted.*\(self-signed cert/],
  [
    "of plain http",
    async () => (await plainAddress()).replace("http:", "https:"),
    /: it does not speak TLS/,
  ],
];

test.each(failures)(
  "a server that is %s cannot be reached, is told so with its address and the cause",
  async (_, addressOf, cause) => {
    const url = await addressOf();
    const run = runCommand(["service.health", "--timeout", "2"], {
      environment: environmentOf({ url }),
      terminal: silentTerminal(),
    });
    const error = await run.then(
      () => undefined,
      (failure: unknown) => failure,
    );
    const explained = explainFailure(error);
    expect(explained).toContain(`The server at ${url} cannot be reached: `);
    expect(explained).toMatch(cause);
    expect(exitCodeOf(error)).toBe(exitCodes.unreachable);
  },
);

test.each([
  ["words", "a session"],
  ["lines of headers", "a\r\nX-Evil: 1"],
  ["what acts on a terminal", "a\u001b]0;x\u0007"],
  ["very much", "a".repeat(5000)],
])("a server that answers a sign-in with %s signs nobody in", async (_, access_token) => {
  const server = await startRecordingServer(() => ({
    status: 201,
    body: { access_token, refresh_token: "r" },
  }));
  const environment = environmentOf({ url: server.url });
  const run = runCommand(["login", "--username", "ada"], {
    environment: { ...environment, password: "a password of ada" },
    terminal: silentTerminal(),
  });
  const error = await run.catch((failure: unknown) => failure);
  server.close();
  expect(explainFailure(error)).toContain("answered without a session");
  expect(readProfile(environment.profile)).toBeUndefined();
});

test("a server that gives no session signs nobody in", async () => {
  const url = await plainAddress();
  const environment = environmentOf({ url });
  const run = runCommand(["login", "--username", "ada"], {
    environment: { ...environment, password: "a password of ada" },
    terminal: silentTerminal(),
  });
  const error = await run.catch((failure: unknown) => failure);
  expect(explainFailure(error)).toContain("answered without a session");
  expect(readProfile(environment.profile)).toBeUndefined();
});

test("a command to paste holds nothing that a server's words would run", () => {
  const missingScope = {
    domain_id: "$(echo ran)",
    entity_type: "a",
    operation: "'; echo ran; '",
    entity_id: "*",
  };
  const explained = explainFailure(new TesseraError("scope_missing", "m", { missingScope }));
  const hint = explained.split("--tokenId <id> ")[1];
  const words = execFileSync("sh", ["-c", `printf "<%s>" ${hint}`], { encoding: "utf8" });
  expect(words).toBe("<--domainId><$(echo ran)><--scope><a:'; echo ran; ':*>");
});
