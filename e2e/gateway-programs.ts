import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { findCaddy, findNginx } from "../scripts/installed-programs.mjs";

const page = readFileSync(join(import.meta.dirname, "../docs/gateways.md"), "utf8");

/** Where a gateway listens, and what stands behind it; each a host with its port. */
export interface Places {
  readonly listen: string;
  readonly tessera: string;
  readonly service: string;
}

/** A gateway that is installed here, to run as docs/gateways.md configures it. */
export interface Gateway {
  readonly name: string;
  /** `letsWebSocketsThrough`: with what the page says of them. Resolves once it listens. */
  start(folder: string, places: Places, letsWebSocketsThrough: boolean): Promise<ChildProcess>;
}

export const gateways: readonly Gateway[] = [
  ...(findCaddy() === undefined ? [] : [{ name: "Caddy", start: startCaddy }]),
  { name: "nginx", start: startNginx },
];

/** The first block of that language on the page that contains the text. */
export function block(language: string, text: string): string {
  const blocks = [...page.matchAll(/```(\w+)\n(.*?)```/gs)];
  const found = blocks.find(([, name, content]) => name === language && content?.includes(text));
  if (found?.[2] === undefined) throw new Error(`docs/gateways.md has no ${language} with ${text}`);
  return found[2];
}

async function startNginx(
  folder: string,
  { listen, tessera, service }: Places,
  letsWebSocketsThrough: boolean,
): Promise<ChildProcess> {
  let site = replaced(block("nginx", "auth_request"), {
    "listen 80;": `listen ${listen};`,
    "127.0.0.1:8080": tessera,
    "127.0.0.1:9000": service,
  });
  if (letsWebSocketsThrough) {
    const [before, after] = site.split("location = /_forward-auth");
    const open = replaced(before ?? "", {
      'Connection "";': "Connection $connection_to_service;",
      'Upgrade "";': "Upgrade $upgrade_to_service;",
    });
    site = `${block("nginx", "$upgrade_to_service")}${open}location = /_forward-auth${after}`;
  }
  const temporary = join(folder, "nginx");
  await mkdir(temporary);
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${temporary}/${name};`,
  );
  const configuration = [
    process.getuid?.() === 0 ? "user root;" : "",
    `daemon off; worker_processes 1; pid ${temporary}/nginx.pid; error_log stderr;`,
    "events {}",
    `http { access_log off; ${paths.join(" ")}\n${site}\n}`,
  ].join("\n");
  const file = join(temporary, "nginx.conf");
  await writeFile(file, configuration);
  const words = ["-e", "stderr", "-p", temporary, "-c", file];
  return started(findNginx(), words, listen, { PATH: process.env.PATH });
}

async function startCaddy(
  folder: string,
  { listen, tessera, service }: Places,
  letsWebSocketsThrough: boolean,
): Promise<ChildProcess> {
  let site = replaced(block("caddyfile", "forward_auth"), {
    ":80 {": `http://${listen} {`,
    "127.0.0.1:8080": tessera,
    "127.0.0.1:9000": service,
  });
  if (letsWebSocketsThrough) {
    const closed = "    request_header -Connection\n    request_header -Upgrade\n";
    site = replaced(site, { [closed]: block("caddyfile", "@websocket") });
  }
  const file = join(folder, "Caddyfile");
  await writeFile(file, `{\n  admin off\n  auto_https off\n}\n${site}`);
  const words = ["run", "--config", file, "--adapter", "caddyfile"];
  // What it keeps, it keeps in the home of its user.
  return started(findCaddy(), words, listen, { PATH: process.env.PATH, HOME: folder });
}

async function started(
  program: string | undefined,
  words: readonly string[],
  listen: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ChildProcess> {
  if (program === undefined) throw new Error("the gateway is not installed");
  // Caddy tells much, also where nothing is wrong.
  const errors = program === findCaddy() ? "ignore" : "inherit";
  const child = spawn(program, words, { env: environment, stdio: ["ignore", "ignore", errors] });
  await waitForPort(new URL(`http://${listen}`));
  return child;
}

function replaced(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((written, [part, replacement]) => {
    expect(written).toContain(part);
    return written.replaceAll(part, replacement);
  }, text);
}

async function waitForPort({ hostname, port }: URL): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt += 1) {
    const socket = connect(Number(port), hostname);
    const isOpen = await new Promise((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await wait(20);
  }
  throw new Error("the gateway did not start");
}
