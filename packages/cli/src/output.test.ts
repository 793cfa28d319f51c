import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { TesseraError } from "@tessera/sdk";
import { afterEach, describe, expect, test } from "vitest";
import { runCommand } from "./commands.ts";
import { explainFailure } from "./failures.ts";
import { formatReply } from "./output.ts";
import { environmentOf, silentTerminal } from "./testing/silent-terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Texts that would act on a terminal, or deceive who reads it, and what is printed for them. */
const deceptions = [
  ["an escape sequence", "\u001b[2J\u001b]0;owned\u0007", "\\u001b[2J\\u001b]0;owned\\u0007"],
  ["line breaks", "pump\r\nadmin", "pump\\u000d\\u000aadmin"],
  ["a tab and a NUL", "a\tb\u0000", "a\\u0009b\\u0000"],
  ["C1 controls", "a\u009b31m\u007f\u0085", "a\\u009b31m\\u007f\\u0085"],
  ["other line ends", "a\u2028b\u2029", "a\\u2028b\\u2029"],
  ["an override", "gpj.\u202etxt", "gpj.\\u202etxt"],
  ["isolates and marks", "\u2067a\u2069\u200e\u061c", "\\u2067a\\u2069\\u200e\\u061c"],
] as const;
/** What no line that is printed has. */
const acting = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
const plain = "👩🏽‍🔧 王小明 می\u200cخواهم";

const expectHarmless = (text: string) => {
  for (const line of text.split("\n")) expect(line).not.toMatch(acting);
};

describe("a reply that is printed", () => {
  test.each(deceptions)("as a table shows what is hidden in %s", (_, text, shown) => {
    const page = {
      total: 2,
      items: [
        { id: "1", name: text },
        { name: plain, tags: [text] },
      ],
    };
    const printed = formatReply(page, "table");
    expect(printed.split("\n")).toHaveLength(3);
    expect(printed).toContain(shown);
    expect(printed).toContain(plain);
    expectHarmless(printed);
  });

  test.each(deceptions)(
    "as members shows what is hidden in %s, also in their names",
    (_, text, shown) => {
      const printed = formatReply({ name: text, metadata: { [text]: text }, [text]: 1 }, "table");
      expect(printed.split("\n")).toHaveLength(3);
      expect(printed).toContain(`name${" ".repeat(shown.length - 4)}  ${shown}`);
      expectHarmless(printed);
    },
  );

  test("keeps its columns in line, whatever is hidden", () => {
    const items = [
      { name: "\u001b[1m", status: "x" },
      { name: "b", status: "y" },
    ];
    expect(formatReply(items, "table")).toBe(
      ["name       status", "\\u001b[1m  x", "b          y"].join("\n"),
    );
  });

  test.each([
    ...deceptions.map(([label, text]) => [label, text] as const),
    ["what does no harm", plain],
    ["what looks escaped", '"\\\\u202e'],
  ] as const)("as JSON is the very same value: %s", (_, text) => {
    const reply = { name: text, tags: [text], metadata: { [text]: { deep: [text, 1, null] } } };
    const printed = formatReply(reply, "json");
    expect(JSON.parse(printed)).toEqual(reply);
    expectHarmless(printed);
  });

  test("as JSON leaves what does no harm as it is", () => {
    expect(formatReply({ name: plain, total: 1 }, "json")).toBe(
      `{\n  "name": "${plain}",\n  "total": 1\n}`,
    );
  });
});

describe("a failure that is printed", () => {
  test.each(deceptions)("shows what is hidden in %s", (_, text, shown) => {
    const missingScope = {
      domain_id: text,
      entity_type: "clients",
      entity_id: text,
      operation: "view",
    };
    for (const error of [
      new UsageError(`there is no command "${text}"`),
      new TesseraError("invalid_body", text),
      new TesseraError("scope_missing", text, { missingScope }),
    ]) {
      const printed = explainFailure(error);
      expect(printed).toContain(shown);
      expectHarmless(printed);
    }
  });
});

describe("a server that is not to be trusted", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.close();
  });

  /** Answers everything with that. */
  const answering = async (status: number, body: object) => {
    const started = createServer((_, reply) => {
      reply.writeHead(status, { "content-type": "application/json" });
      reply.end(JSON.stringify(body));
    });
    server = started;
    await new Promise<void>((resolve) => {
      started.listen(0, "127.0.0.1", resolve);
    });
    return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
  };
  const run = (url: string, output: string) =>
    runCommand(["domains.list", "--output", output], {
      environment: environmentOf({ url, token: "pat_x" }),
      terminal: silentTerminal(),
    });

  test("does nothing to the terminal by what it lists", async () => {
    const [[, text, shown]] = deceptions;
    const url = await answering(200, { total: 1, domains: [{ id: "1", name: text }] });
    const table = await run(url, "table");
    expect(table).toBe(`id  name\n1   ${shown}\n`);
    const json = await run(url, "json");
    expect(JSON.parse(json).domains[0].name).toBe(text);
    expectHarmless(json);
    expect(await run(url, "ids")).toBe("1\n");
  });

  test("does nothing to the terminal by its errors", async () => {
    const url = await answering(403, { code: "domain_disabled", message: "no\u001b[2J\u202e" });
    const printed = await run(url, "table").then(undefined, explainFailure);
    expect(printed).toBe("no\\u001b[2J\\u202e (domain_disabled)");
  });
});
