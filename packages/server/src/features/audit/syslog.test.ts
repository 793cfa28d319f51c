import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openSyslogSink } from "../../testing/syslog-sink.ts";
import { createSyslog } from "./syslog.ts";

const opened: { close(): void }[] = [];

afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

/** Sends to a server that does this with each connection. */
async function syslogTo(
  handle: (socket: Socket) => void,
  options: Parameters<typeof createSyslog>[2] = {},
) {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    handle(socket);
  });
  opened.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return createSyslog({ host: "127.0.0.1", port, isEncrypted: false }, "audit", options);
}

test.each<[string, (socket: Socket) => void]>([
  ["ends it at once and reads nothing", (socket) => void socket.pause().end()],
  ["closes it at once", (socket) => void socket.destroy()],
  ["resets it", (socket) => void socket.resetAndDestroy()],
  ["closes it a little later", (socket) => void setTimeout(() => socket.destroy(), 5)],
  ["ends it a little later", (socket) => void setTimeout(() => socket.pause().end(), 5)],
  ["reads a part and ends it", (socket) => void socket.once("data", () => socket.end())],
])("a server that takes a connection and %s has not heard what was sent", async (_, handle) => {
  // Longer than a busy machine keeps the end of a connection back; nobody waits for all of it.
  const send = await syslogTo(handle, { quietMilliseconds: 2_000 });
  for (const lines of [["short"], Array.from({ length: 50 }, () => "x".repeat(600))]) {
    await expect(send(lines, 0)).rejects.toThrow();
  }
});

test("a server that hears all before it ends the connection has heard it, one message after the other", async () => {
  const sink = await openSyslogSink();
  const server = { host: "127.0.0.1", port: sink.port, isEncrypted: false };
  const send = createSyslog(server, "audit");
  for (const lines of [["first"], ["second", "third"]]) await send(lines, 0);
  expect(sink.messages.map((message) => message.slice(message.lastIndexOf(" ") + 1))).toEqual([
    "first",
    "second",
    "third",
  ]);
  await sink.close();
});

test("a server that goes away behind whatever takes its connections is missed again after it was there", async () => {
  let isThere = true;
  const heard: string[] = [];
  const handle = (socket: Socket) => {
    if (!isThere) return void socket.destroy();
    socket.on("data", (part) => void heard.push(part.toString()));
    socket.on("end", () => socket.end());
  };
  const send = await syslogTo(handle, { trustMilliseconds: 0 });
  await send(["first"], 0);
  isThere = false;
  await expect(send(["second"], 0)).rejects.toThrow();
  isThere = true;
  await send(["third"], 0);
  expect(heard.join("")).toMatch(/first.*third$/);
});
