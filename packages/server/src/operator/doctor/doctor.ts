import {
  type Config,
  ConfigError,
  type Environment,
  findConfigFile,
  listIgnoredVariables,
  loadConfig,
} from "../../config.ts";
import type { Keys } from "../../keys.ts";
import { findSecretWeakness } from "../../weak-secret.ts";
import type { DoctorCommand } from "../command-line.ts";
import { readKeys } from "../read-keys.ts";
import { examineDatabase } from "./examine-database.ts";
import { examineFiles } from "./examine-files.ts";
import { examineMail } from "./examine-mail.ts";
import { examineProxy, examineProxySettings } from "./examine-proxy.ts";
import { examineServer } from "./examine-server.ts";
import { examined, type Finding, findingsOf } from "./finding.ts";

interface DoctorWorld {
  readonly environment?: Environment;
  readonly workingDirectory?: string;
}

/** Looks at everything and changes nothing; the exit code is 1 where something is wrong. */
export async function runDoctor(
  { isJson }: Pick<DoctorCommand, "isJson">,
  version: string,
  world: DoctorWorld = {},
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const findings = await examine(version, world);
  const isFine = findings.every(({ level }) => level !== "wrong");
  return {
    text: isJson ? `${JSON.stringify({ ok: isFine, findings })}\n` : textOf(findings),
    exitCode: isFine ? 0 : 1,
  };
}

const { fine, note, wrong } = findingsOf("settings");

async function examine(version: string, world: DoctorWorld): Promise<readonly Finding[]> {
  const { environment, workingDirectory } = world;
  let config: Config;
  let configFile: string | undefined;
  try {
    configFile = findConfigFile(environment, workingDirectory);
    config = loadConfig(environment, workingDirectory);
  } catch (error) {
    if (error instanceof ConfigError) return [wrong(error.message)];
    throw error;
  }
  const server = await examineServer(config, version);
  const keys = await findKeys(config);
  return [
    ...examineSettings(config, configFile, environment),
    ...(await examined("files", () => examineFiles(config, configFile))),
    ...(await examined("database", () => examineDatabase(config))),
    ...server.findings,
    ...(await examined("mail", () => examineMail(config))),
    ...examineProxySettings(config),
    ...(server.isRunning && keys !== undefined
      ? await examined("proxy", () => examineProxy(config, keys))
      : []),
  ];
}

function examineSettings(
  config: Config,
  configFile: string | undefined,
  environment: Environment | undefined,
): readonly Finding[] {
  const weak = config.previous_secret_keys.flatMap((secret, index) => {
    const weakness = findSecretWeakness(secret);
    if (weakness === undefined) return [];
    return [wrong(`TESSERA_PREVIOUS_SECRET_KEYS: key ${index + 1} ${weakness}`)];
  });
  const source =
    configFile === undefined ? "the environment alone" : `${configFile} and the environment`;
  return [
    fine(`They can be used; they come of ${source}.`),
    ...listIgnoredVariables(environment).map(note),
    ...weak,
  ];
}

/** `undefined` where there is no key that can be used, which is told of files. */
async function findKeys(config: Config): Promise<Keys | undefined> {
  try {
    return await readKeys(config);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function textOf(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ about, level, text }) => `${level.padEnd(5)}  ${about.padEnd(8)}  ${text}\n`,
  );
  const count = findings.filter(({ level }) => level === "wrong").length;
  const end = count === 0 ? "Nothing is wrong.\n" : `${count} to be mended.\n`;
  return `${lines.join("")}${end}`;
}
