import { afterAll, beforeAll, expect, test } from "vitest";
import { isSoak } from "../packages/server/src/testing/soak.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

const kills = isSoak ? 20 : 3;
const admin = {
  TESSERA_ADMIN_EMAIL: "admin@example.test",
  TESSERA_ADMIN_PASSWORD: "crash-test-password",
  TESSERA_LOG_LEVEL: "warn",
};

let dataDir: string;
let server: ServerProcess;

beforeAll(async () => {
  dataDir = await newDataDir();
  server = await startServerProcess(dataDir, admin);
});
afterAll(async () => {
  await server.stop();
  await removeDataDir(dataDir);
});

/** What the server has said it did. */
interface Acknowledged {
  readonly secret: string;
  isRevoked: boolean;
  /** A change was sent whose answer never came: both outcomes are right. */
  isUncertain: boolean;
}

test(`loses no acknowledged change when it is killed ${kills} times in the middle of its work`, async () => {
  const accessToken = await signIn();
  const acknowledged = new Map<string, Acknowledged>();
  for (let round = 0; round < kills; round += 1) {
    const before = acknowledged.size;
    const isOneRevoked = () =>
      [...acknowledged.values()].slice(before).some(({ isRevoked }) => isRevoked);
    const isKilled = { value: false };
    const working = Promise.all([1, 2, 3].map(() => work(accessToken, acknowledged, isKilled)));
    // Something is to be lost: a server that has just started takes a while for its first answers.
    await expect.poll(isOneRevoked).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 160));
    isKilled.value = true;
    await server.stop("SIGKILL");
    await working;
    server = await startServerProcess(dataDir, admin);
    await expectAllOf([...acknowledged].slice(before), accessToken);
  }
  await expectAllOf([...acknowledged], accessToken);
});

/** Creates tokens and revokes every other one, until the server is gone. */
async function work(
  accessToken: string,
  acknowledged: Map<string, Acknowledged>,
  isKilled: { value: boolean },
): Promise<void> {
  for (let count = 0; !isKilled.value; count += 1) {
    try {
      const created = await send("POST", "/pats", accessToken, { name: "crash", duration: "24h" });
      const { id, secret } = (await created.json()) as { id: string; secret: string };
      const token = { secret, isRevoked: false, isUncertain: false };
      acknowledged.set(id, token);
      if (count % 2 === 0) continue;
      token.isUncertain = true;
      const revoked = await send("PATCH", `/pats/${id}/secret/revoke`, accessToken);
      token.isRevoked = revoked.status === 204;
      token.isUncertain = false;
    } catch {
      return;
    }
  }
}

async function expectAllOf(
  acknowledged: readonly (readonly [id: string, Acknowledged])[],
  accessToken: string,
): Promise<void> {
  for (const [id, { secret, isRevoked, isUncertain }] of acknowledged) {
    const viewed = await send("GET", `/pats/${id}`, accessToken);
    expect(viewed.status, `token ${id} is gone`).toBe(200);
    if (isUncertain) continue;
    const { status } = (await viewed.json()) as { status: string };
    expect(status).toBe(isRevoked ? "revoked" : "active");
    const used = await send("GET", "/domains", secret);
    expect(used.status).toBe(isRevoked ? 401 : 200);
  }
}

async function signIn(): Promise<string> {
  const issued = await send("POST", "/users/tokens/issue", undefined, {
    username: admin.TESSERA_ADMIN_EMAIL,
    password: admin.TESSERA_ADMIN_PASSWORD,
  });
  const { access_token } = (await issued.json()) as { access_token: string };
  return access_token;
}

function send(method: string, path: string, bearer?: string, body?: object): Promise<Response> {
  return fetch(server.url + path, {
    method,
    headers: {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
