import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import {
  createCatalogue,
  editDistance,
  entityTypeConfig,
  findEntityTypeProblem,
  id,
  nearest,
  parseDuration,
  shownAddress,
  tokenPrefixPattern,
} from "@tessera/contract";
import { z } from "zod";
import { findRouteProblem } from "./access/route-table.ts";
import { type ConfigFile, parseConfigFile } from "./config-file.ts";
import { readMailSender, readSmtpUrl, senderAdvice, smtpAdvice } from "./mail-settings.ts";
import { findSecretWeakness, secretAdvice } from "./weak-secret.ts";

/** A setting that cannot be used; the message names the setting and says what would be right. */
export class ConfigError extends Error {}

const duration = z.string().transform((text, context) => {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
  context.addIssue({
    code: "custom",
    message: "must be a positive duration like 15m, 24h or 366d",
  });
  return z.NEVER;
});

/** Node's timers count no further than 2^31 - 1 milliseconds. */
const timer = duration.refine((milliseconds) => milliseconds <= 24 * 86_400_000, {
  error: "must be at most 24d",
});

const flag = z.preprocess(
  (value) => (value === "true" ? true : value === "false" ? false : value),
  z.boolean({ error: "must be true or false" }),
);

const onOrOff = z.preprocess(
  (value) => (value === "on" ? true : value === "off" ? false : value),
  z.boolean({ error: "must be on or off" }),
);

const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, { error: "must begin with postgres://" });

const smtpServer = z.string().transform((text, context) => {
  const server = readSmtpUrl(text);
  if (server !== undefined) return server;
  context.addIssue({ code: "custom", message: smtpAdvice });
  return z.NEVER;
});

const mailSender = z.string().transform((text, context) => {
  const sender = readMailSender(text);
  if (sender !== undefined) return sender;
  context.addIssue({ code: "custom", message: senderAdvice });
  return z.NEVER;
});

const syslogAdvice = "must be like tcp://logs.example.org:514 or tls://logs.example.org:6514";

const syslogServer = z.string().transform((text, context) => {
  const { protocol = "", hostname = "", port = "", href = "" } = URL.parse(text) ?? {};
  const isPlain = href === `${protocol}//${hostname}:${port}`;
  if (isPlain && hostname !== "" && port !== "" && ["tcp:", "tls:"].includes(protocol)) {
    // An IPv6 address stands in brackets only in a URL.
    const host = hostname.replace(/^\[|\]$/g, "");
    return { host, port: Number(port), isEncrypted: protocol === "tls:" };
  }
  context.addIssue({ code: "custom", message: syslogAdvice });
  return z.NEVER;
});

const longestNotice = 366 * 86_400_000;
const maximumNoticeTimes = 10;
const noticeTimesAdvice = "must be at most 10 durations up to 366d, like 30d,7d,1d, or never";

/** How long before a token ends there are warnings; in milliseconds, the shortest first. */
const noticeTimes = z
  .union([z.array(z.string()), z.string().transform((list) => list.split(","))], {
    error: noticeTimesAdvice,
  })
  .transform((list, context) => {
    const times = list.map((time) => time.trim()).filter((time) => time !== "never");
    const read = times.map((time) => parseDuration(time) ?? 0);
    const areGood = read.every((milliseconds) => milliseconds > 0 && milliseconds <= longestNotice);
    const isSaid = times.length === list.length || list.length === 1;
    if (areGood && isSaid && read.length <= maximumNoticeTimes) {
      return [...new Set(read)].toSorted((one, other) => one - other);
    }
    context.addIssue({ code: "custom", message: noticeTimesAdvice });
    return z.NEVER;
  });

const wholeNumber = (minimum: number, maximum: number) => {
  const error = `must be from ${minimum} to ${maximum}`;
  return z.preprocess(
    (value) => (typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value),
    z.int({ error: "must be a whole number" }).min(minimum, { error }).max(maximum, { error }),
  );
};

const proxyAdvice =
  "must hold addresses, networks like 10.0.0.0/8, or loopback, linklocal, uniquelocal";

const text = z.string();

const route = z.strictObject({
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
  path: z.string(),
  operation: z.string(),
  domain: id.optional(),
  websocket: z.boolean({ error: "must be true or false" }).optional(),
});

const serviceAdvice =
  "must give each service a secret of its own with at least 32 random characters, like broker=<secret>";

/** Name → secret; in the environment `broker=<secret>,gateway=<secret>`. */
const serviceCredentials = z
  .preprocess(
    (value) =>
      typeof value === "string"
        ? Object.fromEntries(
            value
              .split(",")
              .map((part) => [
                part.slice(0, Math.max(part.indexOf("="), 0)).trim(),
                part.slice(part.indexOf("=") + 1).trim(),
              ]),
          )
        : value,
    z.record(z.string().regex(/^[a-z][a-z0-9_-]{0,49}$/), z.string().min(32), {
      error: serviceAdvice,
    }),
  )
  .refine(
    (credentials) => {
      const secrets = Object.values(credentials);
      const areStrong = secrets.every((secret) => findSecretWeakness(secret) === undefined);
      return areStrong && new Set(secrets).size === secrets.length;
    },
    { error: serviceAdvice },
  );

/** Every setting: its name in tessera.yaml, the environment variable, and what it may be. */
const settings = {
  host: ["TESSERA_HOST", text.min(1).default("127.0.0.1")],
  port: ["TESSERA_PORT", wholeNumber(0, 65535).default(8080)],
  data_dir: ["TESSERA_DATA_DIR", text.min(1).default("./data")],
  database_url: ["DATABASE_URL", postgresUrl.optional()],
  database_listen_url: ["TESSERA_DATABASE_LISTEN_URL", postgresUrl.optional()],
  database_prepared: ["TESSERA_DATABASE_PREPARED", onOrOff.default(true)],
  secret_key: [
    "TESSERA_SECRET_KEY",
    z
      .string()
      .min(32, { error: "must be at least 32 characters of randomness" })
      .refine((secret) => findSecretWeakness(secret) === undefined, {
        error: ({ input }) => `${findSecretWeakness(String(input))}: ${secretAdvice}`,
      })
      .optional(),
  ],
  previous_secret_keys: [
    "TESSERA_PREVIOUS_SECRET_KEYS",
    z
      .union([
        z.array(z.string()),
        z.string().transform((list) => list.split(",").filter((key) => key !== "")),
      ])
      .default([]),
  ],
  self_registration: ["TESSERA_SELF_REGISTRATION", flag.default(true)],
  public_url: [
    "TESSERA_PUBLIC_URL",
    z
      .url({ protocol: /^https?$/, error: "must be a URL like https://tokens.example.org" })
      // The app and its cookies want the whole of a host name.
      .refine((text) => URL.parse(text)?.href === `${URL.parse(text)?.origin}/`, {
        error:
          "must end after the host name, as in https://tokens.example.org: below a path the app would not work",
      })
      .transform((text) => URL.parse(text)?.origin ?? text)
      .optional(),
  ],
  smtp_url: ["TESSERA_SMTP_URL", smtpServer.optional()],
  mail_from: ["TESSERA_MAIL_FROM", mailSender.optional()],
  require_verified_email: ["TESSERA_REQUIRE_VERIFIED_EMAIL", flag.default(false)],
  mails_per_account: ["TESSERA_MAILS_PER_ACCOUNT", wholeNumber(1, 10_000).default(5)],
  expiry_notices: [
    "TESSERA_EXPIRY_NOTICES",
    noticeTimes.default([1, 7, 30].map((days) => days * 86_400_000)),
  ],
  trusted_proxies: [
    "TESSERA_TRUSTED_PROXIES",
    z
      .union(
        [
          z.array(z.string()),
          z.string().transform((list) =>
            list
              .split(",")
              .map((part) => part.trim())
              .filter((part) => part !== ""),
          ),
        ],
        { error: proxyAdvice },
      )
      .refine((list) => list.every(isProxy), { error: proxyAdvice })
      .default([]),
  ],
  head_timeout: ["TESSERA_HEAD_TIMEOUT", timer.default(10_000)],
  request_timeout: ["TESSERA_REQUEST_TIMEOUT", timer.default(30_000)],
  reply_timeout: ["TESSERA_REPLY_TIMEOUT", timer.default(60_000)],
  max_connections: ["TESSERA_MAX_CONNECTIONS", wholeNumber(1, 1_000_000).default(10_000)],
  max_connections_per_address: [
    "TESSERA_MAX_CONNECTIONS_PER_ADDRESS",
    wholeNumber(1, 1_000_000).default(1000),
  ],
  stop_grace: ["TESSERA_STOP_GRACE", timer.default(10_000)],
  admin_email: ["TESSERA_ADMIN_EMAIL", z.email({ error: "must be an email address" }).optional()],
  admin_password: [
    "TESSERA_ADMIN_PASSWORD",
    z.string().min(8, { error: "must have at least 8 characters" }).optional(),
  ],
  log_level: [
    "TESSERA_LOG_LEVEL",
    z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  ],
  service_credentials: ["TESSERA_SERVICE_CREDENTIALS", serviceCredentials.default({})],
  metrics_token: [
    "TESSERA_METRICS_TOKEN",
    z
      .string()
      .regex(/^[!-+\--~]{16,}$/, {
        error: "must be at least 16 characters, without spaces and commas",
      })
      .optional(),
  ],
  commit: ["TESSERA_COMMIT", text.default("")],
  token_prefix: [
    "TESSERA_TOKEN_PREFIX",
    z
      .string()
      .regex(tokenPrefixPattern, {
        error: "must be 2 to 16 lower-case letters and digits, starting with a letter",
      })
      .default("pat"),
  ],
  max_token_lifetime: ["TESSERA_MAX_TOKEN_LIFETIME", duration.default(366 * 86_400_000)],
  max_rotation_overlap: ["TESSERA_MAX_ROTATION_OVERLAP", duration.default(30 * 86_400_000)],
  max_tokens_per_user: ["TESSERA_MAX_TOKENS_PER_USER", wholeNumber(1, 1_000_000).default(1000)],
  max_scopes_per_token: ["TESSERA_MAX_SCOPES_PER_TOKEN", wholeNumber(1, 100_000).default(1000)],
  access_token_lifetime: ["TESSERA_ACCESS_TOKEN_LIFETIME", duration.default(15 * 60_000)],
  refresh_token_lifetime: ["TESSERA_REFRESH_TOKEN_LIFETIME", duration.default(30 * 86_400_000)],
  password_pattern: [
    "TESSERA_PASSWORD_PATTERN",
    z.string().refine(isPattern, { error: "must be a regular expression" }).default("^.{8,}$"),
  ],
  password_confirmation_lifetime: [
    "TESSERA_PASSWORD_CONFIRMATION_LIFETIME",
    duration.default(10 * 60_000),
  ],
  sign_in_failures_per_account: [
    "TESSERA_SIGN_IN_FAILURES_PER_ACCOUNT",
    wholeNumber(1, 100_000).default(10),
  ],
  sign_in_failures_per_address: [
    "TESSERA_SIGN_IN_FAILURES_PER_ADDRESS",
    wholeNumber(1, 100_000).default(100),
  ],
  sign_in_failures_per_account_in_all: [
    "TESSERA_SIGN_IN_FAILURES_PER_ACCOUNT_IN_ALL",
    wholeNumber(1, 1_000_000).default(100),
  ],
  sign_in_failure_window: ["TESSERA_SIGN_IN_FAILURE_WINDOW", duration.default(15 * 60_000)],
  max_objects_per_type: ["TESSERA_MAX_OBJECTS_PER_TYPE", wholeNumber(1, 1e9).default(1_000_000)],
  max_domains_per_user: ["TESSERA_MAX_DOMAINS_PER_USER", wholeNumber(1, 1e9).default(1000)],
  max_roles_per_object: ["TESSERA_MAX_ROLES_PER_OBJECT", wholeNumber(1, 1e6).default(1000)],
  max_pending_invitations: ["TESSERA_MAX_PENDING_INVITATIONS", wholeNumber(1, 1e9).default(10_000)],
  changes_per_minute: ["TESSERA_CHANGES_PER_MINUTE", wholeNumber(1, 100_000_000).default(1200)],
  changes_at_once: ["TESSERA_CHANGES_AT_ONCE", wholeNumber(1, 100_000).default(4)],
  lists_per_minute: ["TESSERA_LISTS_PER_MINUTE", wholeNumber(1, 100_000_000).default(1200)],
  lists_at_once: ["TESSERA_LISTS_AT_ONCE", wholeNumber(1, 100_000).default(8)],
  people_found_per_day: ["TESSERA_PEOPLE_FOUND_PER_DAY", wholeNumber(1, 100_000_000).default(1000)],
  bad_credentials_per_minute: [
    "TESSERA_BAD_CREDENTIALS_PER_MINUTE",
    wholeNumber(1, 100_000_000).default(100),
  ],
  list_time_per_minute: ["TESSERA_LIST_TIME_PER_MINUTE", timer.default(3_000)],
  list_timeout: ["TESSERA_LIST_TIMEOUT", timer.default(2_000)],
  sign_ins_per_account: ["TESSERA_SIGN_INS_PER_ACCOUNT", wholeNumber(1, 1_000_000).default(60)],
  sign_ins_per_address: ["TESSERA_SIGN_INS_PER_ADDRESS", wholeNumber(1, 1_000_000).default(300)],
  registrations_per_address: [
    "TESSERA_REGISTRATIONS_PER_ADDRESS",
    wholeNumber(1, 1_000_000).default(30),
  ],
  audit_checkpoint_file: ["TESSERA_AUDIT_CHECKPOINT_FILE", text.min(1).optional()],
  audit_keep: ["TESSERA_AUDIT_KEEP", duration.default(400 * 86_400_000)],
  audit_file: ["TESSERA_AUDIT_FILE", text.min(1).optional()],
  audit_syslog: ["TESSERA_AUDIT_SYSLOG", syslogServer.optional()],
  usage_flush_interval: ["TESSERA_USAGE_FLUSH_INTERVAL", timer.default(10_000)],
} as const;

const fileOnly = {
  catalogue: z.array(entityTypeConfig).default([]),
  routes: z.array(route).default([]),
};

type SettingName = keyof typeof settings;

const schema = z.strictObject({
  ...(Object.fromEntries(Object.entries(settings).map(([name, [, type]]) => [name, type])) as {
    [K in SettingName]: (typeof settings)[K][1];
  }),
  ...fileOnly,
});

/** All settings, checked. Durations are milliseconds. */
export type Config = Readonly<z.output<typeof schema>>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the settings: the environment wins over the file. Throws {@link ConfigError}. */
export function loadConfig(environment: Environment = process.env, workingDirectory = "."): Config {
  const mistyped = unknownVariables(environment).find(({ isNear }) => isNear);
  if (mistyped !== undefined) throw new ConfigError(unknownText(mistyped));
  const path = findConfigFile(environment, workingDirectory);
  const file = path === undefined ? emptyFile : readFile(path);
  return parseConfig(environment, file.content, file.place);
}

/** The file of settings: the one that is named, there or not, or else `tessera.yaml` where there is one. */
export function findConfigFile(
  environment: Environment = process.env,
  workingDirectory = ".",
): string | undefined {
  const path = environment.TESSERA_CONFIG ?? `${workingDirectory}/tessera.yaml`;
  return environment.TESSERA_CONFIG !== undefined || existsSync(path) ? path : undefined;
}

/** The settings in that file that are secrets and say something, by their names. Throws {@link ConfigError}. */
export function listSecretsInFile(path: string): readonly string[] {
  const names: readonly PropertyKey[] = secretSettings;
  const isSaid = (value: unknown) =>
    typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
  const said = Object.entries(readFile(path).content).filter(([, value]) => isSaid(value));
  return said.map(([name]) => name).filter((name) => names.includes(name));
}

/** Checks settings from an environment and the content of a file. Throws {@link ConfigError}. */
export function parseConfig(
  environment: Environment,
  file: Readonly<Record<string, unknown>> = {},
  place: ConfigFile["place"] = emptyFile.place,
): Config {
  const values: Record<string, unknown> = { ...file };
  for (const [name, [variable]] of Object.entries(settings)) {
    const value = environment[variable];
    if (value !== undefined && value !== "") values[name] = value;
  }
  const parsed = schema.safeParse(values);
  const problem = parsed.success
    ? (findCatalogueProblem(parsed.data) ?? findMailProblem(parsed.data))
    : readIssue(firstIssue(parsed.error.issues), values);
  if (problem === undefined && parsed.success) return parsed.data;
  const { path = [], message = "is not valid" } = problem ?? {};
  const variable = (settings as Record<string, readonly [string, unknown]>)[String(path[0])]?.[0];
  const isFromEnvironment = variable !== undefined && (environment[variable] ?? "") !== "";
  const where = isFromEnvironment ? variable : `${place(path)}: ${path.map(String).join(".")}`;
  throw new ConfigError(`${where} ${withValue(message, values, path)}`);
}

/** A sentence for each variable that begins like the settings and is none, though not a mistyped one either. */
export function listIgnoredVariables(environment: Environment = process.env): readonly string[] {
  return unknownVariables(environment).map((one) => `${unknownText(one)} It is ignored.`);
}

/** Where the names of files that a person typed start from; npm runs programs in the folder of their package. */
export function callersFolder(environment: Environment = process.env): string {
  return environment.INIT_CWD ?? ".";
}

/** Of the command line, the tests, and what Kubernetes sets for a service of that name. */
const otherVariables =
  /^TESSERA_(CONFIG|URL|TOKEN|PASSWORD|PROFILE|SOAK|TEST_.*|SERVICE_(HOST|PORT.*)|PORT_\d.*)$/;
/** More letters than these make another word. */
const typoLetters = 2;

interface UnknownVariable {
  readonly name: string;
  readonly near: string;
  readonly isNear: boolean;
}

function unknownVariables(environment: Environment): readonly UnknownVariable[] {
  const known = Object.values(settings).map(([variable]) => variable);
  const names: readonly string[] = known;
  return Object.keys(environment)
    .filter((name) => name.startsWith("TESSERA_") && !otherVariables.test(name))
    .filter((name) => !names.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      return { name, near, isNear: editDistance(name, near) <= typoLetters };
    });
}

function unknownText({ name, near }: UnknownVariable): string {
  return `${name} is no setting; did you mean ${near}?`;
}

const emptyFile: ConfigFile = { content: {}, place: () => "tessera.yaml" };

/** Their values are never repeated; a database's URL may hold a password. */
const secretSettings: readonly PropertyKey[] = [
  "secret_key",
  "previous_secret_keys",
  "admin_password",
  "metrics_token",
  "service_credentials",
  "database_url",
  "database_listen_url",
  "smtp_url",
] satisfies readonly SettingName[];

/** Of these a password may be part that has no place there; of others whatever looks like such an address. */
const addressSettings: readonly PropertyKey[] = [
  "public_url",
  "audit_syslog",
] satisfies readonly SettingName[];

/** The sentence with what was written in place of what must be. */
function withValue(message: string, values: unknown, path: readonly PropertyKey[]): string {
  const [setting] = path;
  const value = path.reduce<unknown>(memberOf, values);
  const isSimple = ["string", "number", "boolean"].includes(typeof value);
  const isOfSetting = path.length === 1 && message.startsWith("must ");
  if (!isSimple || !isOfSetting || setting === undefined || secretSettings.includes(setting)) {
    return message;
  }
  const [must, ...rest] = message.split(";");
  const isAddress = addressSettings.includes(setting) || /:.*@|:\/\//s.test(String(value));
  const shown = isAddress ? shownAddress(String(value)) : value;
  return [`${must}, not ${JSON.stringify(shown)}`, ...rest].join(";");
}

interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What the schema alone cannot see: types, operations and routes that contradict each other. */
function findCatalogueProblem({ catalogue, routes }: Config): Problem | undefined {
  const inTypes = findEntityTypeProblem(catalogue);
  if (inTypes !== undefined) return { ...inTypes, path: ["catalogue", ...inTypes.path] };
  const inRoutes = findRouteProblem(routes, createCatalogue(catalogue));
  if (inRoutes === undefined) return undefined;
  const { index, member, message } = inRoutes;
  return { path: ["routes", index, member], message };
}

/** Mail needs a sender, and an address of this server for its links; proving an address needs mail. */
function findMailProblem({
  smtp_url,
  mail_from,
  public_url,
  require_verified_email,
}: Config): Problem | undefined {
  if (smtp_url === undefined) {
    if (!require_verified_email) return undefined;
    return { path: ["smtp_url"], message: "is missing: require_verified_email needs mail" };
  }
  if (mail_from === undefined) {
    return { path: ["mail_from"], message: "is missing: say from whom mails come" };
  }
  if (public_url === undefined) {
    return { path: ["public_url"], message: "is missing: the links in mails lead to it" };
  }
  return undefined;
}

/** A member that does not exist explains why another one is missing. */
function firstIssue(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined {
  return issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
}

function readIssue(issue: z.core.$ZodIssue | undefined, values: unknown): Problem | undefined {
  if (issue === undefined) return undefined;
  const { path } = issue;
  const [unknownKey] = issue.code === "unrecognized_keys" ? issue.keys : [];
  if (unknownKey !== undefined) {
    const near = nearest(unknownKey, memberNames(path));
    const message = `is no ${path.length === 0 ? "setting" : "member"}; did you mean "${near}"?`;
    return { path: [...path, unknownKey], message };
  }
  const value = path.reduce<unknown>(memberOf, values);
  if (issue.code === "invalid_value" && typeof value === "string") {
    const words = issue.values.map(String);
    const message = `must be one of ${words.join(", ")}; did you mean "${nearest(value, words)}"?`;
    return { path, message };
  }
  if (issue.code === "invalid_type" && value === undefined) return { path, message: "is missing" };
  return { path, message: issue.message.replace(/^Invalid input: /, "") };
}

/** What may stand at that path of the settings file. */
function memberNames(path: readonly PropertyKey[]): readonly string[] {
  let at: Described = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Described;
  for (const step of path) {
    at = (typeof step === "number" ? at.items : at.properties?.[String(step)]) ?? {};
  }
  return Object.keys(at.properties ?? {});
}

interface Described {
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
}

function memberOf(value: unknown, step: PropertyKey): unknown {
  return (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[step];
}

function readFile(path: string): ConfigFile {
  let source: string;
  try {
    source = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(`TESSERA_CONFIG: cannot read ${path}: ${(error as Error).message}`);
  }
  const file = parseConfigFile(source, path);
  if ("problem" in file) throw new ConfigError(file.problem);
  return file;
}

/** What Fastify takes for `trustProxy`; it would stop with a stack at anything else. */
function isProxy(text: string): boolean {
  if (["loopback", "linklocal", "uniquelocal"].includes(text)) return true;
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source, "u");
    return true;
  } catch {
    return false;
  }
}
