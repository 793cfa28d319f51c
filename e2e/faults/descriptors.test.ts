import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { sampled } from "../../packages/server/src/testing/soak.ts";
import { databaseNames, newStageOn } from "./stage.ts";

/** Only Linux lets another process set the limit. */
const canLimit = process.platform === "linux" && hasPrlimit();

function hasPrlimit(): boolean {
  try {
    return execFileSync("prlimit", ["--version"], { stdio: "pipe" }).length > 0;
  } catch {
    return false;
  }
}

test.runIf(canLimit).each(sampled(databaseNames, 2))(
  "without a file descriptor left nobody is let in wrongly and nothing ends; once there are some, all goes on, on %s",
  async (databaseName) => {
    const stage = await newStageOn(databaseName, { TESSERA_USAGE_FLUSH_INTERVAL: "100ms" });
    const { pid, url } = stage.server();
    const openFiles = async () => (await readdir(`/proc/${pid}/fd`)).length;
    // One connection that is there already.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const onKept = (bearer: string, path = `/domains/${stage.domainId}`) =>
      new Promise<number>((resolve, reject) => {
        const headers = { authorization: `Bearer ${bearer}` };
        request(url + path, { agent, headers }, (reply) => {
          reply.resume().once("end", () => resolve(reply.statusCode ?? 0));
        })
          .once("error", reject)
          .end();
      });
    expect(await onKept(stage.token.secret)).toBe(200);
    execFileSync("prlimit", ["--pid", `${pid}`, `--nofile=${(await openFiles()) + 4}:`]);
    const sockets: Socket[] = [];
    onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    let closed = 0;
    for (let count = 0; count < 40; count += 1) {
      const socket = connect(Number(new URL(url).port), "127.0.0.1");
      socket.on("error", () => {});
      socket.once("close", () => (closed += 1));
      sockets.push(socket);
      await once(socket, "connect");
    }
    await expect.poll(() => closed).toBeGreaterThan(20);
    const unknown = `${stage.token.secret.slice(0, -6)}aaaaaa`;
    for (let times = 0; times < 20; times += 1) {
      // On SQLite the first list opens the file once more, in a thread of its own.
      expect([200, 503]).toContain(await onKept(stage.session, "/domains"));
      expect([200, 503]).toContain(await onKept(stage.token.secret));
      expect([401, 503]).toContain(await onKept(unknown));
    }
    for (const socket of sockets.splice(0)) socket.destroy();
    execFileSync("prlimit", ["--pid", `${pid}`, "--nofile=1024:"]);
    await expect.poll(() => stage.ready().catch(() => "none")).toBe("200");
    await expect.poll(stage.change).toBe("201");
    expect(await stage.ask("GET", "/domains", stage.session)).toBe("200");
    expect([await stage.use(), await onKept(unknown)]).toEqual(["200", 401]);
    await stage.server().stop();
    expect(await stage.server().exited).toBe(0);
    expect(stage.server().output()).not.toContain("A request failed");
  },
);
