import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Of compressed JavaScript, for whatever page is opened first. */
const firstLoadLimitKib = 250;

export default defineConfig({
  plugins: [react(), withoutJsonSchema(), compressed()],
  build: {
    // All know light-dark() in CSS, whose replacement would not follow the chosen theme.
    target: ["chrome123", "firefox120", "safari17.5"],
    // The Content-Security-Policy allows no data: URL for fonts.
    assetsInlineLimit: 0,
    // All of it is 20 KiB, and a part that came late would come without its style when it is asked for again.
    cssCodeSplit: false,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      // What most pages share is one file: a hundred small ones cost every page more than they spare it.
      output: { codeSplitting: { groups: [{ name: "common", minShareCount: 8 }] } },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ["^/(?!$|@|src/|node_modules/|assets/|[^/]*\\.(?:js|svg)$)"].map((path) => [
        path,
        {
          target: "http://127.0.0.1:8080",
          // A navigation gets the page, whatever its path; everything else is the API's.
          bypass: (request: { headers: { accept?: string } }) =>
            request.headers.accept?.includes("text/html") === true ? "/index.html" : undefined,
        },
      ]),
    ),
  },
});

/**
 * The browser checks by the contract's schemas and never describes them: that is for the server and the command line.
 * Every schema refers to the code that would, so that no bundler leaves it out by itself.
 */
function withoutJsonSchema(): Plugin {
  return {
    name: "without JSON Schema",
    apply: "build",
    load(id) {
      if (!/\/zod\/v4\/core\/(?:to-json-schema|json-schema-processors)\.js$/.test(id))
        return undefined;
      const exported = readFileSync(id, "utf8").matchAll(/^export (?:const|function) (\w+)/gm);
      const refuse = `() => { throw new Error("The web app describes no schema."); }`;
      return [...exported].map(([, name]) => `export const ${name} = ${refuse};`).join("\n");
    },
  };
}

/**
 * Compresses what the server sends, prints what a first visit and the largest page must load of it,
 * and fails the build when that is too much.
 */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir = "dist" }, bundle) {
      const kibOf = new Map<string, number>();
      for (const { fileName } of Object.values(bundle)) {
        if (!/\.(?:js|css)$/.test(fileName)) continue;
        const file = join(dir, fileName);
        const text = readFileSync(file);
        const brotli = brotliCompressSync(text);
        writeFileSync(`${file}.br`, brotli);
        writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }));
        kibOf.set(fileName, brotli.length / 1024);
      }
      const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
      /** With everything that they import, and what every page begins with. */
      const kibOfParts = (parts: readonly string[]) => {
        const roots = chunks.filter(
          ({ isEntry, facadeModuleId }) =>
            isEntry || parts.includes(basename(facadeModuleId ?? "")),
        );
        const needed = withImports(
          roots.map(({ fileName }) => fileName),
          bundle,
        );
        return needed.reduce((sum, file) => sum + (kibOf.get(file) ?? 0), 0);
      };
      const firstLoads = chunks
        .map(({ facadeModuleId }) => basename(facadeModuleId ?? ""))
        .filter((part) => /-(?:page|tab|contents)\.tsx$/.test(part))
        .map((part) => {
          const around = /-(?:tab|contents)\.tsx$/.test(part) ? ["entity-page.tsx"] : [];
          const frame = part === "sign-in-page.tsx" ? [] : ["app-frame.tsx", ...around];
          return { part, kib: kibOfParts([...frame, part]) };
        })
        .sort((one, other) => other.kib - one.kib);
      const [largest] = firstLoads;
      const signIn = firstLoads.find(({ part }) => part === "sign-in-page.tsx");
      if (largest === undefined || signIn === undefined) throw new Error("There are no pages.");
      console.log(
        `Compressed JavaScript of a first visit: ${signIn.kib.toFixed(1)} KiB; of the largest page opened first, ${largest.part}: ${largest.kib.toFixed(1)} KiB (at most ${firstLoadLimitKib}).`,
      );
      if (largest.kib > firstLoadLimitKib) throw new Error("A first load is too large.");
    },
  };
}

function withImports(
  chunks: readonly string[],
  bundle: Readonly<Record<string, { readonly type: string; readonly imports?: readonly string[] }>>,
): readonly string[] {
  const needed = new Set(chunks);
  for (const file of needed) {
    for (const imported of bundle[file]?.imports ?? []) needed.add(imported);
  }
  return [...needed];
}
