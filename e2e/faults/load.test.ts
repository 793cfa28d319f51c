import { readdirSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { expect, test } from "vitest";
import { isSoak, sampled } from "../../packages/server/src/testing/soak.ts";
import { everydayOf } from "./everyday.ts";
import { type Kind, type Offer, type Offered, offer, quantile } from "./offered-load.ts";
import { databaseNames, newStageOn } from "./stage.ts";

/** Of the steady load; the setting makes a soak shorter or longer. */
const steadySeconds = Number(process.env.TESSERA_SOAK_SECONDS ?? (isSoak ? 600 : 2));
const measuredSeconds = isSoak ? 20 : 1;
const excessSeconds = 30;
const sizes = isSoak
  ? { people: 8, clientsOfEach: 125, tokensOfEach: 25 }
  : { people: 2, clientsOfEach: 25, tokensOfEach: 5 };
const everydayConnections = 32;

/** What one user may is no matter here: it is the machine that is tried. */
const unlimited = {
  TESSERA_CHANGES_PER_MINUTE: "100000000",
  TESSERA_CHANGES_AT_ONCE: "100000",
  TESSERA_LISTS_PER_MINUTE: "100000000",
  TESSERA_LISTS_AT_ONCE: "100000",
  TESSERA_BAD_CREDENTIALS_PER_MINUTE: "100000000",
  TESSERA_MAX_TOKENS_PER_USER: "1000000",
  TESSERA_MAX_CONNECTIONS_PER_ADDRESS: "10000",
};

test.each(sampled(databaseNames, 2))(
  "on %s the server makes no error at 80 per cent of what it can do and does not grow; at four times as much it sheds, decides, and recovers by itself",
  { timeout: (steadySeconds + 300) * 1000 },
  async (databaseName) => {
    const stage = await newStageOn(databaseName, unlimited);
    const { url, pid } = stage.server();
    const { kinds, revoked } = await everydayOf(stage, sizes);
    const offered = (wish: Partial<Offer>) =>
      offer({ url, kinds, seconds: 1, connections: everydayConnections, ...wish });

    const before = loadavg();
    await offered({ seconds: measuredSeconds / 2 });
    const most = await offered({ seconds: measuredSeconds });
    // At its bound it may have to refuse something already.
    expect(failuresOf(most, ["503"])).toEqual([]);
    const capacity = most.answeredPerSecond;

    const watching = watchProcess(pid);
    const steady = await offered({ seconds: steadySeconds, perSecond: 0.8 * capacity });
    const { growth, told: ofProcess } = watching.end();
    // On a machine of any speed there are more changes in the sample than can wait.
    const [change] = kinds.filter(({ name }) => name === "change");
    const excess = await offered(
      isSoak
        ? { seconds: excessSeconds, perSecond: 4 * capacity, connections: 1500 }
        : {
            ...{ seconds: 0.1, perSecond: 1_000_000, connections: 2500 },
            kinds: [...kinds, { ...(change as Kind), weight: 70 }],
          },
    );
    const after = await offered({ seconds: measuredSeconds, perSecond: 0.5 * capacity });
    if (isSoak) {
      const loads = [before, loadavg()].map((load) => load.map((one) => one.toFixed(1)).join(", "));
      console.log(
        [
          `load of the machine before: ${loads[0]}, after: ${loads[1]}`,
          `${databaseName}: ${capacity.toFixed(0)} requests a second are what it can do`,
          `at 80 % for ${steadySeconds} s: ${tell(steady)}`,
          ofProcess,
          `at four times as much for ${excessSeconds} s: ${tell(excess)}`,
          `at half of it then: ${tell(after)}`,
        ].join("\n"),
      );
    }
    expect(failuresOf(steady)).toEqual([]);
    if (isSoak) expect(growth).toEqual([]);
    const shed = Object.keys(excess.of).filter((name) => excess.of[name]?.others["503"]);
    expect(shed.length).toBeGreaterThan(0);
    expect(failuresOf(excess, ["503"])).toEqual([]);
    expect(shed).not.toContain("decision");
    expect(failuresOf(after)).toEqual([]);
    await expect.poll(stage.ready).toBe("200");
    for (const secret of revoked().slice(-20)) {
      expect(await stage.ask("GET", "/pats/self", secret)).toBe("401 token_revoked");
    }
    await stage.server().stop();
    expect(await stage.server().exited).toBe(0);
  },
);

/** In a sentence each, what was answered otherwise than with what was asked, or `allowed`. */
function failuresOf({ of }: Offered, allowed: readonly string[] = []): readonly string[] {
  return Object.entries(of).flatMap(([name, { others, withoutRetryAfter }]) => [
    ...Object.entries(others)
      .filter(([status]) => !allowed.includes(status))
      .map(([status, count]) => `${name}: ${count} × ${status}`),
    ...(withoutRetryAfter === 0 ? [] : [`${name}: ${withoutRetryAfter} × 503 without Retry-After`]),
  ]);
}

function tell({ sent, withheld, answeredPerSecond, of }: Offered): string {
  const kinds = Object.entries(of).map(([name, { done, others, waits }]) => {
    const [p50, p99] = [0.5, 0.99].map((share) => quantile(waits, share).toFixed(1));
    const rest = Object.entries(others).map(([status, count]) => `, ${count} × ${status}`);
    return `  ${name}: ${done} done${rest.join("")}; p50 ${p50} ms, p99 ${p99} ms`;
  });
  return [
    `${sent} sent, ${withheld} withheld, ${answeredPerSecond.toFixed(0)} answered a second`,
    ...kinds,
  ].join("\n");
}

/** Looks at memory and open files of a process, until it is told to end; what of them has grown, in a sentence each. */
function watchProcess(pid: number) {
  const samples: { readonly mebibytes: number; readonly files: number }[] = [];
  const look = () => {
    const [, kibibytes = "0"] =
      /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    const files = readdirSync(`/proc/${pid}/fd`).length;
    samples.push({ mebibytes: Number(kibibytes) / 1024, files });
  };
  const isKnown = process.platform === "linux";
  const timer = isKnown ? setInterval(look, 1000) : undefined;
  return {
    end: () => {
      clearInterval(timer);
      const quarter = Math.floor(samples.length / 4);
      // The first quarter fills what is remembered.
      const of = (part: number, member: "mebibytes" | "files") => {
        const values = samples.slice(part * quarter, (part + 1) * quarter);
        return quantile(
          values.map((sample) => sample[member]),
          0.5,
        );
      };
      const [before, after] = [of(1, "mebibytes"), of(3, "mebibytes")];
      const [filesBefore, filesAfter] = [of(1, "files"), of(3, "files")];
      const growth = [
        ...(after > before * 1.15 + 16 ? [`memory from ${before} to ${after} MiB`] : []),
        ...(filesAfter > filesBefore + 8 ? [`files from ${filesBefore} to ${filesAfter}`] : []),
      ];
      const quarters = (member: "mebibytes" | "files") =>
        [0, 1, 2, 3].map((part) => of(part, member).toFixed(0)).join(", ");
      const told = `memory by quarters ${quarters("mebibytes")} MiB, open files ${quarters("files")}`;
      return { growth, told };
    },
  };
}
