import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const firstVisitLimitKib = 250;

export default defineConfig({
  plugins: [react(), compressed()],
  build: {
    // All know light-dark() in CSS, whose replacement would not follow the chosen theme.
    target: ["chrome123", "firefox120", "safari17.5"],
    // The Content-Security-Policy allows no data: URL for fonts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
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
 * Compresses what the server sends, prints what a first visit and the largest page must load of it,
 * and fails the build when the first visit is too heavy.
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
      const kibOfPages = (...names: RegExp[]) => {
        const chunks = Object.values(bundle).flatMap((chunk) =>
          chunk.type === "chunk" &&
          (chunk.isEntry || names.some((name) => name.test(chunk.facadeModuleId ?? "")))
            ? [chunk.fileName]
            : [],
        );
        const needed = withImports(chunks, bundle);
        return needed.reduce((sum, file) => sum + (kibOf.get(file) ?? 0), 0);
      };
      const pages = Object.values(bundle).flatMap((chunk) =>
        chunk.type === "chunk" && /-page\.tsx$/.test(chunk.facadeModuleId ?? "")
          ? [basename(chunk.facadeModuleId ?? "")]
          : [],
      );
      const largest = pages
        .map((page) => ({ page, kib: kibOfPages(/\/app-frame\.tsx$/, new RegExp(`/${page}$`)) }))
        .sort((one, other) => other.kib - one.kib)[0];
      const firstVisitKib = kibOfPages(/\/sign-in-page\.tsx$/);
      console.log(
        `Compressed JavaScript of a first visit: ${firstVisitKib.toFixed(1)} KiB (at most ${firstVisitLimitKib}); of the largest page, ${largest?.page}, opened first: ${largest?.kib.toFixed(1)} KiB.`,
      );
      if (firstVisitKib > firstVisitLimitKib) throw new Error("The first visit loads too much.");
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
