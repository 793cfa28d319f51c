import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import config from "../.dependency-cruiser.mjs";
import { architectureViolations } from "./check-architecture.ts";

type Files = Record<string, string>;

/** For every rule, the smallest set of files that breaks it: path → the import it makes. */
const violations: Record<string, Files> = {
  "every-import-resolves": { "sdk/src/client.ts": "./nowhere.ts" },
  "no-cycle": { "sdk/src/client.ts": "./transport.ts", "sdk/src/transport.ts": "./client.ts" },
  "contract-knows-zod-only": { "contract/src/scope.ts": "node:fs" },
  "sdk-stands-on-the-contract": { "sdk/src/client.ts": "../../server/src/config.ts" },
  "sdk-runs-in-a-browser": { "sdk/src/client.ts": "node:http" },
  "cli-stands-on-the-sdk": { "cli/src/main.ts": "../../server/src/config.ts" },
  "web-stands-on-the-sdk": { "web/src/api/client.ts": "../../../server/src/config.ts" },
  "web-words-say-what-the-contract-means": { "web/src/words/failure.ts": "../ui/button.tsx" },
  "web-api-knows-no-page": { "web/src/api/people.ts": "../ui/button.tsx" },
  "web-ui-knows-words-only": { "web/src/ui/table.tsx": "@tessera/sdk" },
  "web-entity-types-are-below-the-parts": {
    "web/src/entity-types/clients.tsx": "../parts/person-label.tsx",
  },
  "web-parts-know-no-feature": { "web/src/parts/picker.tsx": "../features/clients/list.tsx" },
  "web-features-do-not-meet": { "web/src/features/tokens/list.tsx": "../clients/list.tsx" },
  "server-stands-on-the-contract": { "server/src/app.ts": "../../sdk/src/index.ts" },
  "access-is-pure": { "server/src/access/decide.ts": "node:crypto" },
  "http-knows-no-feature": {
    "server/src/http/guard.ts": "../features/tokens/lifecycle/identify.ts",
  },
  "http-knows-no-store": { "server/src/http/guard.ts": "../store/database.ts" },
  "store-is-the-lowest-layer": { "server/src/store/database.ts": "../http/problem.ts" },
  "changes-stand-on-the-store": { "server/src/changes/change-hub.ts": "../rights/granting.ts" },
  "rights-stand-on-changes": { "server/src/rights/granting.ts": "../entities/handlers.ts" },
  "entities-stand-on-rights": { "server/src/entities/handlers.ts": "../features/users/profile.ts" },
  "jobs-stand-on-the-store": { "server/src/jobs/schedule.ts": "../features/users/profile.ts" },
  "features-do-not-meet": {
    "server/src/features/users/profile.ts": "../tokens/lifecycle/identify.ts",
  },
  "nothing-imports-the-app": { "server/src/features/users/profile.ts": "../../app.ts" },
  "only-stores-know-the-database": { "server/src/features/users/profile.ts": "node:sqlite" },
  "product-code-knows-no-test": { "server/src/app.ts": "./testing/start-app.ts" },
};

/** Files that keep to the rules, among them what the violations above import. */
const innocent: Files = {
  "contract/src/index.ts": "zod",
  "contract/src/index.test.ts": "node:fs",
  "sdk/src/index.ts": "@tessera/contract",
  "cli/src/main.ts": "@tessera/sdk",
  "web/src/words/time.ts": "@tessera/sdk",
  "web/src/api/client.ts": "@tessera/sdk",
  "web/src/entity-types/rows.ts": "../api/client.ts",
  "web/src/parts/person-label.tsx": "../entity-types/rows.ts",
  "web/src/features/clients/list.tsx": "../../ui/button.tsx",
  "web/src/ui/button.tsx": "../words/time.ts",
  "server/src/config.ts": "node:fs",
  "server/src/app.ts": "./features/users/profile.ts",
  "server/src/access/decide.ts": "@tessera/contract",
  "server/src/http/problem.ts": "@tessera/contract",
  "server/src/http/guard.ts": "../access/decide.ts",
  "server/src/store/database.ts": "kysely",
  "server/src/features/tokens/lifecycle/identify.ts": "./token-store.ts",
  "server/src/features/tokens/lifecycle/token-store.ts": "kysely",
  "server/src/features/users/profile.ts": "../../entities/entity-store.ts",
  "server/src/entities/entity-store.ts": "kysely",
  "server/src/entities/handlers.ts": "../rights/granting.ts",
  "server/src/rights/granting.ts": "../changes/change-hub.ts",
  "server/src/changes/change-hub.ts": "../store/database.ts",
  "server/src/jobs/schedule.ts": "../store/database.ts",
  "server/src/testing/start-app.ts": "../app.ts",
};

test("a tree that keeps to the rules passes", async () => {
  expect(await architectureViolations(makeTree(innocent))).toEqual([]);
});

test.for(Object.entries(violations))("%s is enforced", async ([rule, files]) => {
  const found = await architectureViolations(makeTree({ ...innocent, ...files }));
  const [offender] = Object.keys(files);
  expect(found.join("\n")).toContain(`${rule}: packages/${offender}`);
});

test("no rule is without a proof that it is enforced", () => {
  const names = config.forbidden?.map(({ name }) => name);
  expect(Object.keys(violations).sort()).toEqual(names?.sort());
});

test("an import of a type is held to the same rules", async () => {
  const files = {
    ...innocent,
    "server/src/http/guard.ts": "../features/tokens/lifecycle/identify.ts",
  };
  const found = await architectureViolations(makeTree(files, "import type"));
  expect(found.join("\n")).toContain("http-knows-no-feature");
});

test("a tree without sources is refused, not waved through", async () => {
  const found = await architectureViolations(makeTree({}));
  expect(found).toEqual(["no source file was found under packages/*/src"]);
});

function makeTree(files: Files, keyword = "import"): string {
  const root = mkdtempSync(join(tmpdir(), "tessera-architecture-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "packages"));
  for (const [path, imported] of Object.entries(files)) {
    write(
      root,
      `packages/${path}`,
      `${keyword} { value } from "${imported}";\nexport { value };\n`,
    );
  }
  for (const name of ["zod", "react", "kysely"]) {
    write(root, `node_modules/${name}/package.json`, `{ "name": "${name}", "main": "index.js" }`);
    write(root, `node_modules/${name}/index.js`, "export const value = 1;\n");
  }
  mkdirSync(join(root, "node_modules/@tessera"));
  for (const name of ["contract", "sdk"]) {
    const exported = `{ "name": "@tessera/${name}", "exports": { ".": "./src/index.ts" } }`;
    write(root, `packages/${name}/package.json`, exported);
    symlinkSync(join(root, "packages", name), join(root, "node_modules/@tessera", name));
  }
  return root;
}

function write(root: string, path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
