import { bindToCore, describeMachine } from "./cores.ts";
import { requireStatusOfAll, runLoad } from "./load.ts";
import { median } from "./measure.ts";
import { type MeasuredServers, startServers } from "./targets.ts";

const rounds = 5;
const connections = 32;
/** As long as it takes until uses are written down, so that each round that records has its part of that. */
const secondsPerRound = 10;
const writtenAfterMilliseconds = 10_500;

interface Measured {
  readonly perSecond: number;
  /** Of the server process with all its threads, for one request. */
  readonly cpuMicroseconds: number;
}

/** What counting the uses of tokens and writing them down costs of throughput, by rounds with it and without it in turns. */
export async function benchRecording(databases: readonly string[]): Promise<void> {
  const isBound = bindToCore("load");
  for (const database of databases) {
    const servers = await startServers("tessera-servers.ts", [database]);
    const measured: Readonly<Record<"with" | "without", Measured[]>> = { with: [], without: [] };
    try {
      await measure(servers, 2);
      for (let round = 0; round < rounds; round += 1) {
        servers.record(true);
        measured.with.push(await measure(servers, secondsPerRound));
        servers.record(false);
        // What was counted is written before the round that is to cost nothing of it.
        await new Promise((resolve) => setTimeout(resolve, writtenAfterMilliseconds));
        measured.without.push(await measure(servers, secondsPerRound));
      }
    } finally {
      await servers.stop();
    }
    print(database, measured, isBound);
  }
}

async function measure(servers: MeasuredServers, seconds: number): Promise<Measured> {
  const target = servers.targets.forwardAuth;
  if (target === undefined) throw new Error("there is nothing to send");
  const before = await servers.cpuMicroseconds();
  const result = await runLoad({ ...target, connections, seconds });
  const used = (await servers.cpuMicroseconds()) - before;
  requireStatusOfAll(result, 200);
  return { perSecond: result.perSecond, cpuMicroseconds: used / result.replies };
}

function print(
  database: string,
  measured: Readonly<Record<"with" | "without", readonly Measured[]>>,
  isBound: boolean,
): void {
  const of = (name: "with" | "without", member: keyof Measured) =>
    median(measured[name].map((result) => result[member]));
  const cores = isBound ? "server and load on a core each" : "server and load on any core";
  console.log(`\n${describeMachine()}; ${cores}`);
  console.log(
    `GET /forward-auth on ${database}, ${connections} connections, medians of ${rounds} alternating rounds of ${secondsPerRound} s`,
  );
  for (const name of ["with", "without"] as const) {
    const [perSecond, cpu] = [of(name, "perSecond"), of(name, "cpuMicroseconds")];
    console.log(
      `  ${name} recording: ${perSecond.toFixed(0)} requests/s, ${cpu.toFixed(1)} µs of processor`,
    );
  }
  // Of each round and the one after it: a machine that is busy for a while slows both.
  const change = (member: keyof Measured) => {
    const changes = measured.with.map((one, round) => {
      const other = measured.without[round]?.[member] ?? Number.NaN;
      return 100 * (one[member] / other - 1);
    });
    const all = changes.map((each) => each.toFixed(1)).join(", ");
    return `${median(changes).toFixed(1)} % (${all})`;
  };
  console.log(`  requests/s change by ${change("perSecond")}`);
  console.log(`  µs of processor change by ${change("cpuMicroseconds")}`);
}
