import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import contractPackage from "../packages/contract/package.json" with { type: "json" };
import sdkPackage from "../packages/sdk/package.json" with { type: "json" };

const root = join(import.meta.dirname, "..");

if (import.meta.main) {
  const folder = process.argv[2] ?? root;
  console.log(packSdk(folder));
}

/**
 * Packs the SDK as it is published: JavaScript and types, since Node runs no TypeScript of installed packages. The
 * contract lies in it, so that there is one version of both. Returns the path of the file in that folder.
 */
export function packSdk(folder: string): string {
  const staging = mkdtempSync(join(tmpdir(), "tessera-sdk-"));
  try {
    compile(staging);
    useOwnContract(staging);
    for (const [from, to] of [
      ["packages/sdk/README.md", "README.md"],
      ["LICENSE", "LICENSE"],
    ] as const) {
      copyFileSync(join(root, from), join(staging, to));
    }
    writeFileSync(join(staging, "package.json"), `${JSON.stringify(published(), null, 2)}\n`);
    mkdirSync(folder, { recursive: true });
    const [packed] = JSON.parse(
      execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
        cwd: staging,
        encoding: "utf8",
        shell: process.platform === "win32",
      }),
    ) as [{ filename: string }];
    return join(folder, packed.filename);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function published() {
  const { name, version } = sdkPackage;
  return {
    name,
    version,
    description:
      "Calls a Tessera server: personal access tokens that open exactly what they should",
    license: "Apache-2.0",
    type: "module",
    sideEffects: false,
    engines: { node: ">=20" },
    exports: { ".": { types: "./sdk/src/index.d.ts", default: "./sdk/src/index.js" } },
    dependencies: contractPackage.dependencies,
  };
}

function compile(staging: string): void {
  const configFile = join(staging, "tsconfig.json");
  const packages = join(root, "packages");
  const options = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      allowJs: false,
      checkJs: false,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      // What Node 20 and browsers of its time know.
      target: "es2022",
      lib: ["es2023", "dom", "dom.iterable"],
      types: [],
      rootDir: packages,
      outDir: staging,
      paths: { [contractPackage.name]: [join(packages, "contract/src/index.ts")] },
    },
    include: [],
    files: [join(packages, "sdk/src/index.ts")],
  };
  writeFileSync(configFile, JSON.stringify(options));
  const compiler = join(root, "node_modules/.bin/tsc");
  execFileSync(compiler, ["--project", configFile], {
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  rmSync(configFile);
}

/** The compiler leaves the names of packages as they are, and in types also the endings of files. */
function useOwnContract(staging: string): void {
  const contract = join(staging, "contract/src/index.js");
  for (const path of globSync("{sdk,contract}/src/**/*.{js,d.ts}", { cwd: staging })) {
    const file = join(staging, path);
    const own = relative(dirname(file), contract).replaceAll("\\", "/");
    const text = readFileSync(file, "utf8")
      .replaceAll(`"${contractPackage.name}"`, `"${own}"`)
      .replaceAll(/((?:from |import\()"\.[^"]*)\.ts"/g, '$1.js"');
    writeFileSync(file, text);
  }
}
