import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { startApp, type TestApp } from "../testing/start-app.ts";
import { openTestSqlite } from "../testing/test-databases.ts";

const folder = join(import.meta.dirname, "../../../../deploy/monitoring");
const read = (file: string) => readFileSync(join(folder, file), "utf8");

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}
const { groups }: { groups: { rules: Alert[] }[] } = parse(read("alerts.yml"));
const alerts = groups.flatMap(({ rules }) => rules);
const { panels }: { panels: Panel[] } = JSON.parse(read("grafana.json"));

const expressions: (readonly [string, string])[] = [
  ...alerts.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
];

/** What Prometheus knows of by itself: the labels of what it reads, and whether it could. */
const ownLabels = ["job", "instance"];
const ownMetrics = ["up"];
const operators = ["and", "or", "unless", "by", "without"];

/** What is asked for in a PromQL expression: metrics, and the labels that they are chosen and grouped by. */
function namesIn(expression: string) {
  const plain = expression.replaceAll(/"[^"]*"/g, '""').replaceAll(/\[[^\]]*\]/g, "");
  const matchers = [...plain.matchAll(/\{([^}]*)\}/g)].map(([, inside = ""]) => inside);
  const grouped = [...plain.matchAll(/\b(?:by|without) \(([^)]*)\)/g)].map(([, list = ""]) => list);
  const rest = plain.replaceAll(/\{[^}]*\}/g, "").replaceAll(/\b(?:by|without) \([^)]*\)/g, "");
  const words = rest.matchAll(/\b[a-z_][a-z0-9_]*\b(?!\s*\()/g);
  return {
    metrics: [...words].map(([word]) => word).filter((word) => !operators.includes(word)),
    labels: [...matchers, ...grouped].flatMap((text) => text.match(/\b[a-z_]+\b/g) ?? []),
  };
}

describe("the alerts and the dashboard", () => {
  let server: TestApp;
  let metrics: string[];
  let labels: string[];
  beforeAll(async () => {
    server = await startApp({ name: "SQLite", open: openTestSqlite });
    const text = (await server.app.inject({ url: "/metrics" })).body;
    metrics = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = "", type]) =>
      type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
    const inSource = readFileSync(join(import.meta.dirname, "../http/metrics.ts"), "utf8");
    labels = [...ownLabels, "exported_job"];
    for (const [, name = ""] of text.matchAll(/[{,]([a-z_]+)="/g)) labels.push(name);
    // These have no samples where no decision was made and no job was done.
    for (const [, name = ""] of inSource.matchAll(/"(outcome|job|target|state)"/g))
      labels.push(name);
  });
  afterAll(() => server.close());

  test.each(expressions)("ask for metrics and labels that a server has: %s", (_, expression) => {
    const asked = namesIn(expression);
    expect(asked.metrics.length).toBeGreaterThan(0);
    expect(asked.metrics.filter((name) => ![...metrics, ...ownMetrics].includes(name))).toEqual([]);
    expect(asked.labels.filter((name) => !labels.includes(name))).toEqual([]);
  });

  test("show every figure of Tessera's own", () => {
    const shown = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join("\n");
    const own = metrics.filter((name) => /^tessera_(?!.*_(?:sum|count)$)/.test(name));
    expect(own.length).toBeGreaterThan(5);
    expect(own.filter((name) => !shown.includes(name))).toEqual([]);
  });

  test("say what is wrong, how bad it is and what to look at", () => {
    for (const { alert, labels: given, annotations } of alerts) {
      expect(["critical", "warning"], alert).toContain(given.severity);
      expect(annotations.summary, alert).not.toBe("");
      expect(annotations.description, alert).toMatch(/\.$/);
    }
    const names = [...alerts.map(({ alert }) => alert), ...panels.map(({ title }) => title)];
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});

test("a metric or a label that nobody serves is seen in an expression", () => {
  expect(namesIn('sum by (le) (rate(a_total{status="5xx"}[5m])) > 0.5 and b_seconds < 1')).toEqual({
    metrics: ["a_total", "b_seconds"],
    labels: ["status", "le"],
  });
});
