import { Agent, request } from "node:http";
import { AppError } from "@tessera/contract";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createIdentifyToken } from "../features/tokens/lifecycle/identify.ts";
import { type AttackStage, mightyToken, openAttackStage } from "../testing/attack-stage.ts";
import { mutatedTokens } from "../testing/mutated-tokens.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { noSecretUses } from "../testing/secret-uses.ts";
import { seed } from "../testing/seed.ts";
import { isSoak } from "../testing/soak.ts";
import { requireStatus } from "../testing/start-app.ts";
import type { TestDatabaseKind } from "../testing/test-databases.ts";

/** On PostgreSQL a tenth: each unknown id is a read there, and the text is the same. */
const inProcess = ({ name }: TestDatabaseKind) =>
  (isSoak ? 1_000_000 : 20_000) / (name === "SQLite" ? 1 : 10);
const overHttp = ({ name }: TestDatabaseKind) =>
  (isSoak ? 100_000 : 2_000) / (name === "SQLite" ? 1 : 10);
const atOnce = 50;

onEveryDatabase(`tokens that were changed (seed ${seed})`, (kind) => {
  let stage: AttackStage;
  /** Good ones, and some that were. */
  let tokens: readonly string[];
  const good = new Set<string>();

  beforeAll(async () => {
    stage = await openAttackStage(kind);
    const { testApp, world } = stage;
    const { owner, domainId } = world;
    await mightyToken(stage, owner, [domainId]);
    const made = [];
    for (let index = 0; index < 6; index += 1) {
      made.push(await testApp.newToken(owner, domainId, ["clients:view:*"]));
    }
    const [revoked, deleted, replaced] = made;
    requireStatus(await owner.call("PATCH", `/pats/${revoked?.id}/secret/revoke`), 204);
    requireStatus(await owner.call("DELETE", `/pats/${deleted?.id}`), 204);
    const reset = { duration: "1h" };
    const answer = await owner.call("PATCH", `/pats/${replaced?.id}/secret/reset`, reset);
    const { secret } = requireStatus(answer, 200);
    for (const one of [...made.slice(3).map((token) => token.secret), secret]) good.add(one);
    tokens = [...made.map((token) => token.secret), secret];
  });
  afterAll(() => stage.testApp.close());

  test("are accepted by no server that looks at them", { timeout: 600_000 }, async () => {
    const identify = createIdentifyToken(stage.testApp.deps, noSecretUses);
    const isAccepted = (text: string) => identify(text, "127.0.0.1").then(() => true, refused);
    for (const text of good) expect(await isAccepted(text)).toBe(true);
    await fc.assert(
      fc.asyncProperty(mutatedTokens(tokens), async (text) => {
        const isOne = good.has(text);
        if ((await isAccepted(text)) !== isOne)
          throw new Error(`${isOne ? "refused" : "accepted"}: ${text}`);
      }),
      { seed, numRuns: inProcess(kind) },
    );
  });

  test("open nothing over HTTP, and change nothing", { timeout: 600_000 }, async () => {
    const base = await stage.testApp.address();
    const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
    const { domainId, client } = stage.world;
    const paths = ["/pats/self", `/${domainId}/clients/${client}`, "/domains"];
    const some = fc.array(mutatedTokens(tokens), { minLength: atOnce, maxLength: atOnce });
    try {
      const accepted = await statusOf(`${base}/pats/self`, [...good][0] ?? "", agent);
      expect(accepted).toBe(200);
      await stage.changeNothing([
        {
          told: "all of them",
          send: async () => {
            await fc.assert(
              fc.asyncProperty(some, async (texts) => {
                const statuses = await Promise.all(
                  texts.map((text, index) =>
                    statusOf(base + paths[index % paths.length], text, agent),
                  ),
                );
                const wrong = texts.filter(
                  (text, index) => statuses[index] !== 401 && !good.has(onWire(text).trim()),
                );
                if (wrong.length > 0) throw new Error(`not refused: ${JSON.stringify(wrong)}`);
              }),
              { seed, numRuns: overHttp(kind) / atOnce },
            );
            return { status: 401, headers: {}, body: undefined };
          },
        },
      ]);
    } finally {
      agent.destroy();
    }
  });
});

const refusals: ReadonlySet<string> = new Set([
  "unauthenticated",
  "token_revoked",
  "secret_rotated",
]);

function refused(error: unknown): false {
  if (error instanceof AppError && refusals.has(error.code)) return false;
  throw error;
}

/** As a header can hold it: UTF-8, byte by byte, without what would end the line. */
function onWire(text: string): string {
  const isHeld = (character: string) =>
    character === "\t" || (character >= " " && character !== "\x7f");
  return [...Buffer.from(text).toString("latin1")]
    .map((character) => (isHeld(character) ? character : "?"))
    .join("");
}

function statusOf(url: string, token: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${onWire(token)}` };
    request(url, { agent, headers }, (incoming) => {
      incoming.resume().on("end", () => resolve(incoming.statusCode ?? 0));
    })
      .on("error", reject)
      .end();
  });
}
