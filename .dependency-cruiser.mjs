const tests = "\\.test\\.tsx?$|^packages/(server|cli|web)/src/testing/";
const server = "^packages/server/src";
const web = "^packages/web/src";

/** @type {import("dependency-cruiser").IForbiddenRuleType[]} */
const forbidden = [
  {
    name: "every-import-resolves",
    comment: "An import that leads nowhere would escape every other rule.",
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: "no-cycle",
    comment: "Types may refer to each other; at run time there is an order.",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  {
    name: "contract-knows-zod-only",
    comment: "The contract also runs in a browser: zod, no I/O, nothing of Node.",
    from: { path: "^packages/contract/src/", pathNot: tests },
    to: { pathNot: "^packages/contract/src/|node_modules/zod/" },
  },
  {
    name: "sdk-stands-on-the-contract",
    from: { path: "^packages/sdk/src/" },
    to: { path: "^packages/", pathNot: "^packages/(sdk|contract)/src/" },
  },
  {
    name: "sdk-runs-in-a-browser",
    from: { path: "^packages/sdk/src/", pathNot: tests },
    to: { dependencyTypes: ["core"] },
  },
  {
    name: "cli-stands-on-the-sdk",
    from: { path: "^packages/cli/src/" },
    to: {
      path: "^packages/",
      pathNot: "^packages/((cli|sdk|contract)/src/|cli/package.json$)",
    },
  },
  {
    name: "web-stands-on-the-sdk",
    from: { path: "^packages/web/src/" },
    to: { path: "^packages/", pathNot: "^packages/(web|sdk|contract)/src/" },
  },
  {
    name: "web-words-say-what-the-contract-means",
    comment: "Sentences and names for what the server says; they know nothing of pages.",
    from: { path: `${web}/words/` },
    to: { path: "^packages/", pathNot: `${web}/words/|^packages/(sdk|contract)/src/` },
  },
  {
    name: "web-api-knows-no-page",
    from: { path: `${web}/api/` },
    to: { path: `${web}/`, pathNot: `${web}/(api|words)/` },
  },
  {
    name: "web-ui-knows-words-only",
    comment: "Not even the contract: what knows a concept of the domain is a part.",
    from: { path: `${web}/ui/`, pathNot: tests },
    to: { path: "^packages/", pathNot: `${web}/(ui|words)/` },
  },
  {
    name: "web-entity-types-are-below-the-parts",
    from: { path: `${web}/entity-types/` },
    to: { path: `${web}/`, pathNot: `${web}/(entity-types|api|ui|words)/` },
  },
  {
    name: "web-parts-know-no-feature",
    from: { path: `${web}/parts/` },
    to: { path: `${web}/`, pathNot: `${web}/(parts|entity-types|api|ui|words)/` },
  },
  {
    name: "web-features-do-not-meet",
    comment:
      "What two features share is a part, an entity type, a request, a piece of ui or a word.",
    from: { path: `${web}/features/([^/]+)/` },
    to: {
      path: `${web}/`,
      pathNot: `${web}/(features/$1|parts|entity-types|api|ui|words)/`,
    },
  },
  {
    name: "server-stands-on-the-contract",
    from: { path: `${server}/` },
    to: { path: "^packages/", pathNot: "^packages/((server|contract)/src/|server/package.json$)" },
  },
  {
    name: "access-is-pure",
    comment: "A decision is computed from values alone: no I/O, no framework, no other layer.",
    from: { path: `${server}/access/`, pathNot: tests },
    to: { pathNot: `${server}/access/|^packages/contract/src/` },
  },
  {
    name: "http-knows-no-feature",
    from: { path: `${server}/http/`, pathNot: tests },
    to: { path: `${server}/(features|entities|rights|jobs)/` },
  },
  {
    name: "http-knows-no-store",
    from: { path: `${server}/http/`, pathNot: tests },
    to: { path: `${server}/(store|changes)/` },
  },
  {
    name: "store-is-the-lowest-layer",
    from: { path: `${server}/store/`, pathNot: tests },
    to: { path: `${server}/`, pathNot: `${server}/(store|access)/|${server}/others-words\\.ts$` },
  },
  {
    name: "changes-stand-on-the-store",
    from: { path: `${server}/changes/`, pathNot: tests },
    to: {
      path: `${server}/`,
      pathNot: `${server}/(changes|store|access)/|${server}/(recently-used|others-words)\\.ts$`,
    },
  },
  {
    name: "rights-stand-on-changes",
    from: { path: `${server}/rights/`, pathNot: tests },
    to: { path: `${server}/(entities|features|jobs|http)/` },
  },
  {
    name: "entities-stand-on-rights",
    from: { path: `${server}/entities/`, pathNot: tests },
    to: { path: `${server}/(features|jobs)/` },
  },
  {
    name: "jobs-stand-on-the-store",
    from: { path: `${server}/jobs/`, pathNot: tests },
    to: { path: `${server}/(features|entities|rights|changes|http)/` },
  },
  {
    name: "features-do-not-meet",
    comment: "What two features share belongs to entities, rights or changes.",
    from: { path: `${server}/features/([^/]+)/`, pathNot: tests },
    to: { path: `${server}/features/`, pathNot: `${server}/features/$1/` },
  },
  {
    name: "nothing-imports-the-app",
    from: {
      path: `${server}/(access|http|store|changes|rights|entities|jobs|features)/`,
      pathNot: tests,
    },
    to: { path: `${server}/(app|main|ground)\\.ts$` },
  },
  {
    name: "only-stores-know-the-database",
    from: { path: "^packages/", pathNot: [tests, `${server}/store/`, "-store\\.ts$"] },
    to: { path: "node_modules/(kysely|pg)/|^(node:)?sqlite$" },
  },
  {
    name: "product-code-knows-no-test",
    from: { path: "^packages/", pathNot: tests },
    to: { path: tests },
  },
];

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: forbidden.map((rule) => ({ severity: "error", ...rule })),
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^packages/[^/]+/dist/" },
    parser: "tsc",
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".mjs", ".js"],
    },
  },
};
