import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { newDataDir, removeDataDir, startServerProcess } from "./server-process.ts";

/** Where "localhost" has two addresses, as it has with IPv6; here both of IPv4, which every machine has. */
const twoAddresses = `
const dns = require("node:dns");
const both = [{ address: "127.0.0.1", family: 4 }, { address: "127.0.0.2", family: 4 }];
const { lookup } = dns;
dns.lookup = (name, options, done) => {
  if (name !== "localhost") return lookup(name, options, done);
  process.nextTick(() => (options.all ? done(null, both) : done(null, "127.0.0.1", 4)));
};
const { lookup: lookupLater } = dns.promises;
dns.promises.lookup = async (name, options) => {
  if (name !== "localhost") return lookupLater(name, options);
  return options?.all ? both : both[0];
};
require("node:module").syncBuiltinESMExports();
`;

async function outcomeOf(port: number, address: string): Promise<string> {
  const socket = connect(port, address);
  const outcome = await Promise.race([
    once(socket, "connect").then(() => "connected"),
    once(socket, "error").then(([error]) => error.code),
  ]).catch((error) => error.code);
  socket.destroy();
  return outcome;
}

test("a name with two addresses is listened for at one of them, by the one server whose limits hold", async () => {
  const dataDir = await newDataDir();
  onTestFinished(() => removeDataDir(dataDir));
  const preload = join(dataDir, "two-addresses.cjs");
  await writeFile(preload, twoAddresses);
  const server = await startServerProcess(dataDir, {
    NODE_OPTIONS: `--require ${preload}`,
    TESSERA_HOST: "localhost",
  });
  onTestFinished(() => server.stop("SIGKILL"));
  const port = Number(new URL(server.url).port);
  expect(await outcomeOf(port, "127.0.0.1")).toBe("connected");
  expect(await outcomeOf(port, "127.0.0.2")).toBe("ECONNREFUSED");
});
