import { isIPv6 } from "node:net";
import type { Config } from "../../config.ts";
import { findListeningAddress } from "../../listening-address.ts";
import { othersWords } from "../../others-words.ts";
import { type Answer, askServer } from "./ask-server.ts";
import { type Finding, findingsOf } from "./finding.ts";

const { fine, note, wrong } = findingsOf("clock");
/** `Date` tells no more than the second. */
const toleranceMilliseconds = 3_000;

export interface ServerFacts {
  readonly isRunning: boolean;
  readonly findings: readonly Finding[];
}

/** Asks the server where it listens, on this machine, which version and what time it is. */
export async function examineServer(config: Config, ownVersion: string): Promise<ServerFacts> {
  const answer = await askServer(`${await localUrl(config)}/health`).catch(() => undefined);
  const { description, version } = (answer?.body ?? {}) as Record<string, unknown>;
  if (answer === undefined || description !== "tessera") {
    const findings = [note("No server runs here just now: its clock and its proxy are not asked.")];
    return { isRunning: false, findings };
  }
  const others = version === ownVersion ? [] : [otherVersion(version, ownVersion)];
  return { isRunning: true, findings: [...examineDate(answer), ...others] };
}

function examineDate({ date }: Answer): readonly Finding[] {
  const difference = date === undefined ? 0 : date - Date.now();
  if (Math.abs(difference) <= toleranceMilliseconds) {
    return [fine("The running server tells the same time.")];
  }
  return [
    wrong(
      `The running server's clock differs by ${Math.round(Math.abs(difference) / 1000)} s: let both follow the same time servers (timedatectl set-ntp true)`,
    ),
  ];
}

function otherVersion(running: unknown, own: string): Finding {
  const shown = typeof running === "string" ? othersWords(running) : "unknown";
  return findingsOf("settings").note(
    `The server that runs is version ${shown}, and this program is ${own}: restart the server to end the upgrade.`,
  );
}

async function localUrl({ host, port }: Config): Promise<string> {
  const address = await findListeningAddress(host);
  const reachable = { "0.0.0.0": "127.0.0.1", "::": "::1" }[address] ?? address;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}
