import { expect, test } from "vitest";
import { openSmtpSink } from "../packages/server/src/testing/smtp-sink.ts";
import { call } from "./call.ts";
import { freePort } from "./free-port.ts";
import { newDataDir, removeDataDir, startServerProcess } from "./server-process.ts";

const email = "admin@example.test";
const password = "crash-test-password";

test("a mail whose sender dies before it hears that it was taken leaves once more, with the same Message-ID", async () => {
  const messageIds: (string | undefined)[] = [];
  const hasArrived = Promise.withResolvers<void>();
  const sink = await openSmtpSink({
    onData: (stream, _session, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        messageIds.push(/^message-id: (.*)$/im.exec(Buffer.concat(parts).toString())?.[1]?.trim());
        hasArrived.resolve();
        // The first one is not answered: its sender is killed.
        if (messageIds.length > 1) done();
      });
    },
  });
  const dataDir = await newDataDir();
  const port = await freePort();
  const settings = {
    TESSERA_ADMIN_EMAIL: email,
    TESSERA_ADMIN_PASSWORD: password,
    TESSERA_SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
    TESSERA_MAIL_FROM: "Tessera <tessera@example.test>",
    TESSERA_PORT: String(port),
    TESSERA_PUBLIC_URL: `http://127.0.0.1:${port}`,
    TESSERA_LOG_LEVEL: "warn",
  };
  let server = await startServerProcess(dataDir, settings);
  try {
    const issued = await call(server.url, "POST", "/users/tokens/issue", {
      body: { username: email, password },
    });
    const changed = await call(server.url, "PATCH", "/users/secret", {
      bearer: issued.body.access_token,
      body: { old_secret: password, new_secret: "another-crash-password" },
    });
    expect(changed.status).toBe(200);
    await hasArrived.promise;
    await server.stop("SIGKILL");
    server = await startServerProcess(dataDir, settings);
    // Whoever was killed keeps the work of telling to itself for a minute.
    await expect.poll(() => messageIds.length, { timeout: 120_000 }).toBe(2);
    // What is under way ends first.
    await server.stop();
    expect(messageIds).toEqual([expect.stringMatching(/^<.+>$/), messageIds[0]]);
  } finally {
    await server.stop("SIGKILL");
    await sink.close();
    await removeDataDir(dataDir);
  }
}, 180_000);
