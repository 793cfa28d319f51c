import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cruise, type ICruiseOptions, type ICruiseResult } from "dependency-cruiser";
import config from "../.dependency-cruiser.mjs";

/** One line for every broken rule, and for every file or import that the tool failed to see. */
export async function architectureViolations(root: string): Promise<string[]> {
  const result = await cruisePackages(root);
  const broken = result.summary.violations.map(
    ({ rule, from, to }) => `${rule.name}: ${from} → ${to}`,
  );
  return [...broken, ...blindSpots(root, result)];
}

async function cruisePackages(root: string): Promise<ICruiseResult> {
  const options: ICruiseOptions = {
    ...config.options,
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: config.forbidden ?? [] },
  };
  const { output } = await cruise(["packages"], options);
  if (typeof output === "string") throw new Error("dependency-cruiser returned text, not modules.");
  return output;
}

/** A tool that silently checks nothing is worse than none. */
function blindSpots(root: string, { modules }: ICruiseResult): string[] {
  const files = globSync("packages/*/src/**/*.{ts,tsx}", { cwd: root });
  if (files.length === 0) return ["no source file was found under packages/*/src"];
  const dependencyCounts = new Map(
    modules.map(({ source, dependencies }) => [source, dependencies.length]),
  );
  return files.flatMap((file) => {
    const seen = dependencyCounts.get(file);
    if (seen === undefined) return [`not seen: ${file}`];
    return seen < importedPaths(join(root, file)).size ? [`imports not seen: ${file}`] : [];
  });
}

function importedPaths(file: string): Set<string> {
  const statements = readFileSync(file, "utf8").matchAll(
    /^(?:import|export)\b[^;"']*?\bfrom "([^"]+)";$/gm,
  );
  return new Set(Array.from(statements, ([, path]) => path ?? ""));
}

if (import.meta.main) {
  const violations = await architectureViolations(join(import.meta.dirname, ".."));
  for (const violation of violations) console.error(violation);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
