import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ConfigError, parseConfig } from "./config.ts";

const example = readFileSync(new URL("../../../tessera.example.yaml", import.meta.url), "utf8");

describe("settings", () => {
  it("have the documented defaults", () => {
    expect(parseConfig({})).toEqual(parseConfig({}, parse(example) as Record<string, unknown>));
  });

  it("are all in tessera.example.yaml, with their environment variables", () => {
    for (const name of Object.keys(parseConfig({ ...every }))) {
      expect(example, name).toMatch(new RegExp(`^(# )?${name}:`, "m"));
    }
    for (const variable of Object.keys(every)) expect(example).toContain(`[${variable}]`);
  });

  it("of the environment win over the file", () => {
    expect(parseConfig({ TESSERA_PORT: "9000" }, { port: 8000 }).port).toBe(9000);
  });

  it.each([
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
    [{ TESSERA_TOKEN_PREFIX: "Pat_" }, /^TESSERA_TOKEN_PREFIX must be/],
    [{ TESSERA_PASSWORD_PATTERN: "(" }, /^TESSERA_PASSWORD_PATTERN must be a regular expression/],
    [{ TESSERA_PUBLIC_URL: "tokens" }, /^TESSERA_PUBLIC_URL must be a URL/],
    [{ DATABASE_URL: "mysql://x" }, /^DATABASE_URL must begin with postgres/],
  ])("%j stop the start with a sentence that names the setting", (environment, message) => {
    expect(() => parseConfig(environment)).toThrow(ConfigError);
    expect(() => parseConfig(environment)).toThrow(message);
  });

  it("that do not exist are refused by name", () => {
    expect(() => parseConfig({}, { prot: 1 })).toThrow('there is no setting "prot"');
  });

  it("of the file are named with the file", () => {
    expect(() => parseConfig({}, { port: "x" })).toThrow(
      /^tessera\.yaml: port must be a whole number/,
    );
  });
});

const every = {
  TESSERA_HOST: "127.0.0.1",
  TESSERA_PORT: "8080",
  TESSERA_DATA_DIR: "./data",
  DATABASE_URL: "postgres://localhost/tessera",
  TESSERA_SECRET_KEY: "x".repeat(32),
  TESSERA_PREVIOUS_SECRET_KEYS: "y".repeat(32),
  TESSERA_SELF_REGISTRATION: "true",
  TESSERA_PUBLIC_URL: "https://tokens.example.org",
  TESSERA_TRUSTED_PROXIES: "10.0.0.1",
  TESSERA_ADMIN_EMAIL: "admin@example.org",
  TESSERA_ADMIN_PASSWORD: "a password",
};
