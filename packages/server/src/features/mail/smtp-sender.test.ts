import { type AddressInfo, createServer } from "node:net";
import { inspect } from "node:util";
import { afterEach, expect, test } from "vitest";
import { readSmtpUrl } from "../../mail-settings.ts";
import { openQuotingSmtp } from "../../testing/quoting-smtp.ts";
import { openSmtpSink } from "../../testing/smtp-sink.ts";
import { createSmtpSender, type Mail } from "./smtp-sender.ts";

const from = { name: "Tessera", address: "tessera@example.test" };
const mail: Mail = {
  messageId: "4711@tokens.example.test",
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  to: { name: "Ada", address: "ada@example.test" },
  subject: "Grüße",
  text: "https://tokens.example.test/a-page-with-a-long-path#token=0123456789abcdef0123456789abcdef\nGrüße\n",
  html: "<p>Grüße</p>\n",
};
const { signal } = new AbortController();
const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

test("a mail arrives as it was written, with its own Message-ID and time, for its one reader", async () => {
  const { sink, send } = await setUp();
  await send(mail, signal);
  expect(sink.mails).toMatchObject([
    {
      from: from.address,
      to: [mail.to.address],
      text: mail.text.replaceAll("\n", "\r\n"),
      html: mail.html.replaceAll("\n", "\r\n"),
    },
  ]);
  expect(sink.mails[0]?.head).toEqual(
    expect.arrayContaining([
      "Message-ID: <4711@tokens.example.test>",
      "Date: Fri, 02 Jan 2026 03:04:05 +0000",
      "From: Tessera <tessera@example.test>",
      "To: Ada <ada@example.test>",
      "Auto-Submitted: auto-generated",
    ]),
  );
});

test.each(["\r\n", "\n", "\r", "\u2028", "\u0000"])(
  "a name or a subject with the line break %j adds no line to the head and no reader",
  async (lineBreak) => {
    const { sink, send } = await setUp();
    const evil = `Ada${lineBreak}Bcc: mallory@example.test${lineBreak}${lineBreak}<b>Hello</b>`;
    await send({ ...mail, to: { ...mail.to, name: evil }, subject: evil }, signal);
    const [received] = sink.mails;
    expect(received?.to).toEqual([mail.to.address]);
    const names = received?.head.map((line) => line.slice(0, line.indexOf(":")));
    expect(names?.toSorted()).toEqual(
      [
        ...["Auto-Submitted", "Content-Type", "Date", "From"],
        ...["MIME-Version", "Message-ID", "Subject", "To"],
      ].toSorted(),
    );
    expect(received?.text).toBe(mail.text.replaceAll("\n", "\r\n"));
  },
);

test("a name with a comma, quotes and an address in it makes no second reader", async () => {
  const { sink, send } = await setUp();
  const name = 'Ada" <mallory@example.test>, "Eve';
  await send({ ...mail, to: { ...mail.to, name } }, signal);
  expect(sink.mails[0]?.to).toEqual([mail.to.address]);
});

test.each([
  ["letters", "x"],
  ["quotes", '"'],
  ["accents", "é"],
  ["pictures", "😀"],
  ["words", "word "],
  ["hidden letters", "\u202e"],
])("no name and no subject of many %s makes a line that mail servers refuse", async (_, part) => {
  // https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1
  const longestLine = 998;
  const lines: string[] = [];
  const { send } = await setUp("", {
    onData: (stream, _session, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        lines.push(...Buffer.concat(parts).toString("latin1").split("\r\n"));
        done();
      });
    },
  });
  const long = part.repeat(1024 / part.length);
  await send({ ...mail, to: { ...mail.to, name: long }, subject: long, text: long }, signal);
  expect(lines.some((line) => line.startsWith("To:"))).toBe(true);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(longestLine);
});

test("a mailbox that is refused is an error with the server's codes, about that mail alone", async () => {
  const { sink, send } = await setUp();
  sink.refused.add(mail.to.address);
  await expect(send(mail, signal)).rejects.toThrow("The mail server answers 550 to RCPT TO");
  await expect(send(mail, signal)).rejects.toMatchObject({ name: "RefusedError", isForGood: true });
  sink.refused.clear();
  sink.full.add(mail.to.address);
  await expect(send(mail, signal)).rejects.toMatchObject({
    name: "RefusedError",
    isForGood: false,
  });
  expect(sink.mails).toEqual([]);
});

test.each([
  ["RCPT TO", 550, "5.1.1 no such user", { name: "RefusedError", isForGood: true }],
  ["RCPT TO", 450, "4.2.0 try again later", { name: "RefusedError", isForGood: false }],
  ["RCPT TO", 554, "5.7.1 relay access denied", { name: "RefusedError", isForGood: false }],
  ["RCPT TO", 452, "4.3.1 no space", { name: "TargetError" }],
  ["RCPT TO", 421, "closing", { name: "TargetError" }],
  ["RCPT TO", 530, "5.7.0 a password is needed", { name: "TargetError" }],
  ["MAIL FROM", 550, "5.1.8 no such sender", { name: "TargetError" }],
  ["DATA", 552, "5.3.4 too large", { name: "TargetError" }],
  ["DATA", 550, "5.1.1 no such user", { name: "RefusedError", isForGood: true }],
] as const)(
  "what a server says to %s with %i %s is about the mail or about the server",
  async (command, responseCode, words, expected) => {
    const refuse = Object.assign(new Error(words), { responseCode });
    const { send } = await setUp("", {
      onMailFrom: (_address, _session, done) => done(command === "MAIL FROM" ? refuse : null),
      onRcptTo: (_address, _session, done) => done(command === "RCPT TO" ? refuse : null),
      onData: (stream, _session, done) => {
        stream.resume();
        stream.on("end", () => done(refuse));
      },
    });
    await expect(send(mail, signal)).rejects.toMatchObject(expected);
  },
);

const password = "Geheim-4711/äöü";

test.each([
  ["greeting", "PLAIN"],
  ["AUTH", "PLAIN"],
  ["AUTH", "LOGIN"],
  ["MAIL", "PLAIN"],
  ["RCPT", "PLAIN"],
  ["text", "PLAIN"],
] as const)(
  "a mail server that refuses at %s (%s) by quoting all that it heard puts its codes into the error, and none of its words",
  async (step, method) => {
    const server = await openQuotingSmtp(step, { method, words: "\u001b[2Jown words" });
    opened.push(server);
    const account = `mailuser:${encodeURIComponent(password)}@`;
    const error = await senderTo(`smtp://${account}127.0.0.1:${server.port}`)(mail, signal).then(
      () => expect.unreachable("it was taken"),
      (thrown: Error) => thrown,
    );
    const shown = `${inspect(error, { depth: null })} ${JSON.stringify(error)}`;
    expect(error.message).toMatch(
      /^The mail server answers 554 5\.7\.1 \(security or policy\) to /,
    );
    const secret = Buffer.from(password);
    for (const hidden of [
      password,
      secret.toString("base64"),
      Buffer.concat([Buffer.from("\0mailuser\0"), secret]).toString("base64"),
      /#(token=\S+)/.exec(mail.text)?.[1] ?? "",
      "own words",
      "\u001b",
    ]) {
      expect(shown).not.toContain(hidden);
    }
    const heard = { AUTH: method === "PLAIN" ? "AUTH PLAIN" : secret.toString("base64") };
    const told = {
      greeting: "",
      MAIL: "MAIL FROM",
      RCPT: "RCPT TO",
      text: "#token=0123",
      ...heard,
    };
    expect(server.quoted()).toContain(told[step]);
  },
);

test("a server that is away is an error", async () => {
  const { sink, send } = await setUp();
  await sink.close();
  opened.splice(0);
  await expect(send(mail, signal)).rejects.toThrow("ECONNREFUSED");
});

test("a server that takes a connection and says nothing is left when the time is over", async () => {
  const silent = createServer();
  const left = Promise.withResolvers<void>();
  silent.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("close", () => left.resolve());
    socket.resume();
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", () => resolve()));
  opened.push({ close: () => new Promise((resolve) => silent.close(() => resolve())) });
  const { port } = silent.address() as AddressInfo;
  const send = senderTo(`smtp://127.0.0.1:${port}`);
  await expect(send(mail, AbortSignal.timeout(100))).rejects.toThrow("took too long");
  await left.promise;
});

test.each(["at once", "a turn later", "after the greeting"])(
  "a mail that is given up %s is an error, ends nothing else, and does not arrive after all",
  { timeout: 5_000 },
  async (when) => {
    const { sink, send } = await setUp();
    const controller = new AbortController();
    const sending = send(mail, controller.signal);
    sending.catch(() => {});
    if (when === "a turn later") await new Promise((resolve) => setImmediate(resolve));
    if (when === "after the greeting") await new Promise((resolve) => setTimeout(resolve, 3));
    controller.abort();
    const isSent = await sending.then(
      () => true,
      () => false,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sink.mails).toHaveLength(isSent ? 1 : 0);
  },
);

test("a password is given to a mail server of this machine", async () => {
  const accounts: unknown[] = [];
  const { sink, send } = await setUp("tess%40:s%2Fecret@", {
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    onAuth: ({ username, password }, _session, done) => {
      accounts.push([username, password]);
      done(null, { user: username });
    },
  });
  await send(mail, signal);
  expect(accounts).toEqual([["tess@", "s/ecret"]]);
  expect(sink.mails).toHaveLength(1);
});

test("a server that cannot prove who it is gets neither password nor mail", async () => {
  const accounts: unknown[] = [];
  // Its own certificate of that package is signed by nobody.
  const { sink, send } = await setUp("tessera:secret@", {
    disabledCommands: [],
    onAuth: ({ username }, _session, done) => {
      accounts.push(username);
      done(null, { user: username });
    },
  });
  await expect(send(mail, signal)).rejects.toThrow("certificate");
  expect(accounts).toEqual([]);
  expect(sink.mails).toEqual([]);
});

async function setUp(account = "", options: Parameters<typeof openSmtpSink>[0] = {}) {
  const sink = await openSmtpSink(options);
  opened.push(sink);
  return { sink, send: senderTo(`smtp://${account}127.0.0.1:${sink.port}`) };
}

function senderTo(url: string) {
  const server = readSmtpUrl(url);
  if (server === undefined) throw new Error(`${url} is no address of a mail server`);
  return createSmtpSender(server, from);
}
