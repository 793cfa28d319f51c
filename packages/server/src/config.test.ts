import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCatalogue } from "@tessera/contract";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ConfigError, loadConfig, parseConfig } from "./config.ts";
import { parseConfigFile } from "./config-file.ts";
import { exampleCatalogueYaml } from "./testing/example-catalogue.ts";

const example = readFileSync(new URL("../../../tessera.example.yaml", import.meta.url), "utf8");

describe("settings", () => {
  test("have the documented defaults", () => {
    expect(parseConfig({})).toEqual(parseConfig({}, parse(example) as Record<string, unknown>));
  });

  test("are all in tessera.example.yaml, with their environment variables", () => {
    for (const name of Object.keys(parseConfig({ ...every }))) {
      expect(example, name).toMatch(new RegExp(`^(# )?${name}:`, "m"));
    }
    for (const variable of Object.keys(every)) expect(example).toContain(`[${variable}]`);
  });

  test("of the environment win over the file", () => {
    expect(parseConfig({ TESSERA_PORT: "9000" }, { port: 8000 }).port).toBe(9000);
  });

  test.each([
    [{ TESSERA_PORT: "eighty" }, /^TESSERA_PORT must be a whole number/],
    [{ TESSERA_PORT: "70000" }, /^TESSERA_PORT /],
    [{ TESSERA_SELF_REGISTRATION: "yes" }, /^TESSERA_SELF_REGISTRATION must be true or false/],
    [
      { TESSERA_MAX_TOKEN_LIFETIME: "1y" },
      /^TESSERA_MAX_TOKEN_LIFETIME must be a positive duration/,
    ],
    [
      { TESSERA_MAX_TOKEN_LIFETIME: "0h" },
      /^TESSERA_MAX_TOKEN_LIFETIME must be a positive duration/,
    ],
    [{ TESSERA_SECRET_KEY: "short" }, /^TESSERA_SECRET_KEY must be at least 32/],
    [
      { TESSERA_SECRET_KEY: "x".repeat(32) },
      /^TESSERA_SECRET_KEY has only 1 different .*openssl rand -base64 32/,
    ],
    [
      { TESSERA_SECRET_KEY: "0123456789abcdef".repeat(4) },
      /^TESSERA_SECRET_KEY repeats itself after 16 .*openssl rand -base64 32/,
    ],
    [{ TESSERA_TOKEN_PREFIX: "Pat_" }, /^TESSERA_TOKEN_PREFIX must be/],
    [{ TESSERA_PASSWORD_PATTERN: "(" }, /^TESSERA_PASSWORD_PATTERN must be a regular expression/],
    [{ TESSERA_PUBLIC_URL: "tokens" }, /^TESSERA_PUBLIC_URL must be a URL/],
    [{ TESSERA_PUBLIC_URL: "ftp://x.test" }, /^TESSERA_PUBLIC_URL must be a URL like https/],
    ...["/tokens", "/?a=b", "#top", "//"].map((path): [Record<string, string>, RegExp] => [
      { TESSERA_PUBLIC_URL: `https://example.test${path}` },
      /^TESSERA_PUBLIC_URL must end after the host name, as in https:/,
    ]),
    [
      { TESSERA_PUBLIC_URL: "https://someone:secret@example.test" },
      /^TESSERA_PUBLIC_URL must end after the host name/,
    ],
    [{ TESSERA_SMTP_URL: "mail.example.org" }, /^TESSERA_SMTP_URL must be like smtp:\/\/user/],
    [{ TESSERA_SMTP_URL: "smtp://ada@mail.test" }, /^TESSERA_SMTP_URL must be like/],
    [{ TESSERA_SMTP_URL: "smtp://mail.test/?tls=no" }, /^TESSERA_SMTP_URL must be like/],
    [{ TESSERA_SMTP_URL: "smtp://mail.test" }, /mail_from is missing/],
    [{ TESSERA_MAIL_FROM: "Tessera" }, /^TESSERA_MAIL_FROM must be an email address/],
    [{ TESSERA_MAIL_FROM: "T\nBcc: <a@b.test>" }, /^TESSERA_MAIL_FROM must be an email address/],
    [
      { TESSERA_SMTP_URL: "smtp://mail.test", TESSERA_MAIL_FROM: "a@b.test" },
      /public_url is missing: the links in mails lead to it/,
    ],
    [{ TESSERA_REQUIRE_VERIFIED_EMAIL: "true" }, /smtp_url is missing: require_verified_email/],
    ...["7 days", "7d,", "-1d", "0s", "367d", "7d,never", "1d,".repeat(11)].map(
      (typed): [Record<string, string>, RegExp] => [
        { TESSERA_EXPIRY_NOTICES: typed },
        /^TESSERA_EXPIRY_NOTICES must be at most 10 durations up to 366d, like 30d,7d,1d, or never/,
      ],
    ),
    [{ DATABASE_URL: "mysql://x" }, /^DATABASE_URL must begin with postgres/],
  ])("%j stop the start with a sentence that names the setting", (environment, message) => {
    expect(() => parseConfig(environment)).toThrow(ConfigError);
    expect(() => parseConfig(environment)).toThrow(message);
  });

  test.each([
    [{ TESSERA_PORT: "70000" }, 'TESSERA_PORT must be from 0 to 65535, not "70000"'],
    [{ TESSERA_PORT: "eighty" }, 'TESSERA_PORT must be a whole number, not "eighty"'],
    [{ TESSERA_LOG_LEVEL: "inof" }, 'not "inof"; did you mean "info"?'],
    ...["10.0.0.300", "10.0.0.0/33", "10.0.0.0/", "lopback", "2001:db8::/129", "proxy.test"].map(
      (typed) => [
        { TESSERA_TRUSTED_PROXIES: `127.0.0.1, ${typed}` },
        `TESSERA_TRUSTED_PROXIES must hold addresses, networks like 10.0.0.0/8, or loopback, linklocal, uniquelocal, not "127.0.0.1, ${typed}"`,
      ],
    ),
  ] as [Record<string, string>, string][])(
    "%j stop the start with a sentence that says the value and what would be right",
    (environment, message) => {
      expect(() => parseConfig(environment)).toThrow(ConfigError);
      expect(() => parseConfig(environment)).toThrow(message);
    },
  );

  test("that are secret are not repeated", () => {
    for (const environment of [
      { TESSERA_SECRET_KEY: "hunter2" },
      { TESSERA_ADMIN_PASSWORD: "hunter2" },
      { TESSERA_METRICS_TOKEN: "hunter2" },
      { DATABASE_URL: "mysql://me:hunter2@db" },
    ]) {
      expect(() => parseConfig(environment)).toThrow(/^(?!.*hunter2).* must /);
    }
  });

  const addresses = [
    "TESSERA_PUBLIC_URL",
    "TESSERA_AUDIT_SYSLOG",
    "TESSERA_SMTP_URL",
    "DATABASE_URL",
    "TESSERA_DATABASE_LISTEN_URL",
  ];
  const withPasswords = [
    ...["https://me:hunter2@x.test/a", "https://hunter2@x.test/a", "htps://me:hunter2@x.test:a"],
    ...[
      "tcp://me:hunter2@x.test:514:1",
      "me:hunter2@x.test",
      "hunter2@x.test",
      "mysql://me:hunter2@db",
    ],
    ...[
      "https://me:a/hunter2@x.test",
      "https://me:a#hunter2@x.test",
      "https://me:a@hunter2@x.test/a",
    ],
    ...["https://x.test/?password=hunter2", "https://x.test/#hunter2", "//me:hunter2@x.test"],
  ];
  test.each(addresses)("that are an address are quoted without its password: %s", (variable) => {
    const inFile = variable === "DATABASE_URL" ? "database_url" : variable.slice(8).toLowerCase();
    for (const typed of withPasswords) {
      for (const parse of [
        () => parseConfig({ [variable]: typed }),
        () => parseConfig({}, { [inFile]: typed }),
      ]) {
        expect(parse).toThrow(ConfigError);
        expect(parse, typed).toThrow(/^(?!.*hunter2)/s);
      }
    }
  });

  test("that are no address are quoted without the password of one that stands there by mistake", () => {
    for (const variable of ["TESSERA_PORT", "TESSERA_TRUSTED_PROXIES", "TESSERA_LOG_LEVEL"]) {
      const parse = () => parseConfig({ [variable]: "postgres://me:hunter2@db.test/x" });
      expect(parse).toThrow(/^(?!.*hunter2).*db\.test/s);
    }
  });

  test("may name proxies by address, network and word", () => {
    const typed = "127.0.0.1, 10.0.0.0/8, 2001:db8::/32, ::1, loopback, uniquelocal";
    const { trusted_proxies } = parseConfig({ TESSERA_TRUSTED_PROXIES: typed });
    expect(trusted_proxies).toEqual(typed.split(", "));
    expect(() => parseConfig({}, { trusted_proxies: 7 })).toThrow(
      "trusted_proxies must hold addresses",
    );
  });

  test("of warnings before a token ends are sorted, each once, or none", () => {
    const day = 86_400_000;
    const read = (typed: string) =>
      parseConfig({ TESSERA_EXPIRY_NOTICES: typed }).expiry_notices.map((time) => time / day);
    expect(read("")).toEqual([1, 7, 30]);
    expect(read("30d, 1d,7d,24h")).toEqual([1, 7, 30]);
    expect(read("never")).toEqual([]);
    expect(parseConfig({}, { expiry_notices: [] }).expiry_notices).toEqual([]);
    expect(() => parseConfig({}, { expiry_notices: 7 })).toThrow("expiry_notices must be");
  });

  test("that do not exist are refused by name", () => {
    expect(() => parseConfig({}, { prot: 1 })).toThrow(
      'tessera.yaml: prot is no setting; did you mean "port"?',
    );
  });

  test("of the file are named with the file", () => {
    expect(() => parseConfig({}, { port: "x" })).toThrow(
      /^tessera\.yaml: port must be a whole number/,
    );
  });
});

describe("the catalogue and the routes of the file", () => {
  test("can be those of the example: rules and reports with twelve operations each", () => {
    const { catalogue, routes } = load(exampleCatalogueYaml());
    const { findEntityType } = createCatalogue(catalogue);
    expect(findEntityType("rules")?.operations.length).toBe(12);
    expect(findEntityType("reports")?.operations.length).toBe(12);
    expect(routes.length).toBe(21);
  });

  test.each([
    [2, "entity_tpye: rules", "catalogue.0.entity_tpye is no member", '"entity_type"?'],
    [2, "entity_type: clients", "catalogue.0.entity_type", "exists already"],
    [3, "singular: group", "catalogue.0.singular", "exists already"],
    [4, "", "catalogue.0.title", "is missing"],
    [4, 'title: "\\u202eseluR"', "catalogue.0.title must not contain direction embeddings"],
    [7, 'summary: "\\u001b[2J"', "catalogue.0.operations.0.summary must not contain control"],
    [7, 'summary: "\\u3164"', "catalogue.0.operations.0.summary must contain something visible"],
    [6, "nmae: view", "catalogue.0.operations.0.nmae is no member", '"name"?'],
    [6, "name: View", "catalogue.0.operations.0.name", "lower-case"],
    [8, "action: rule_raed", "catalogue.0.operations.0.action", '"rule_read"?'],
    [10, "method: GETS", "routes.0.method must be one of", '"GET"?'],
    [11, "path: /{domian}/rules/{id}", "routes.0.path", '"{domain}"?'],
    [12, "operation: rules.veiw", "routes.0.operation", '"rules.view"?'],
    [13, "logg_level: info", "logg_level is no setting", '"log_level"?'],
    [13, "log_level: inof", "log_level must be one of", '"info"?'],
  ])(
    "line %i being %j, they are refused with that line and the nearest name",
    (line, text, ...told) => {
      const file = [...lines];
      file[line - 1] = (file[line - 1] ?? "").replace(/\w.*/, text);
      const place = text === "" ? "tessera.yaml:2: " : `tessera.yaml:${line}: `;
      for (const words of [place, ...told]) expect(() => load(file.join("\n"))).toThrow(words);
    },
  );

  test.each([
    "secret_key: SECRETPW: x",
    'secret_key: "SECRETPW\\qabc"',
    "database_url: postgres://u:SECRETPW@h/x: y",
    "secret_key: *SECRETPW",
    "secret_key: [SECRETPW",
  ])("that is no YAML is told by its place, without what stands there: %s", (text) => {
    const told = parseConfigFile(text, "tessera.yaml");
    expect(told).toHaveProperty("problem");
    expect(JSON.stringify(told)).not.toContain("SECRETPW");
  });

  test("may have no member twice", () => {
    expect(() => load("port: 1\nport: 2\n")).toThrow(
      /tessera\.yaml:2:1: is no YAML: duplicate key$/,
    );
  });
});

const lines = [
  "catalogue:",
  "  - entity_type: rules",
  "    singular: rule",
  "    title: Rules",
  "    operations:",
  "      - name: view",
  "        summary: View a rule",
  "        action: rule_read",
  "routes:",
  "  - method: GET",
  "    path: /{domain}/rules/{id}",
  "    operation: rules.view",
  "log_level: info",
];

function load(content: string) {
  const folder = mkdtempSync(join(tmpdir(), "tessera-config-"));
  try {
    writeFileSync(join(folder, "tessera.yaml"), content);
    return loadConfig({}, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const every = {
  TESSERA_HOST: "127.0.0.1",
  TESSERA_PORT: "8080",
  TESSERA_DATA_DIR: "./data",
  DATABASE_URL: "postgres://localhost/tessera",
  TESSERA_SECRET_KEY: "only tests sign by these words, 32+",
  TESSERA_PREVIOUS_SECRET_KEYS: "y".repeat(32),
  TESSERA_SELF_REGISTRATION: "true",
  TESSERA_PUBLIC_URL: "https://tokens.example.org",
  TESSERA_TRUSTED_PROXIES: "10.0.0.1",
  TESSERA_SMTP_URL: "smtp://mail.example.org",
  TESSERA_MAIL_FROM: "Tessera <tessera@example.org>",
  TESSERA_ADMIN_EMAIL: "admin@example.org",
  TESSERA_ADMIN_PASSWORD: "a password",
};
