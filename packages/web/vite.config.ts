import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const firstLoadLimitKib = 250;

export default defineConfig({
  plugins: [react(), firstLoadBudget()],
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

/** Prints what a first visit must load, compressed, and fails the build when it is too much. */
function firstLoadBudget(): Plugin {
  return {
    name: "first-load-budget",
    apply: "build",
    writeBundle({ dir = "dist" }, bundle) {
      const kibOf = new Map<string, number>();
      const wanted = Object.values(bundle).flatMap((chunk) =>
        chunk.type === "chunk" && chunk.isEntry ? [chunk.fileName] : [],
      );
      for (const file of wanted) {
        const chunk = bundle[file];
        if (kibOf.has(file) || chunk?.type !== "chunk") continue;
        kibOf.set(file, gzipSync(readFileSync(join(dir, file))).length / 1024);
        wanted.push(...chunk.imports);
      }
      const firstLoadKib = [...kibOf.values()].reduce((sum, kib) => sum + kib, 0);
      const all = Object.values(bundle).filter(({ type }) => type === "chunk").length;
      console.log(
        `First load: ${firstLoadKib.toFixed(1)} KiB of compressed JavaScript in ${kibOf.size} of ${all} files (at most ${firstLoadLimitKib}).`,
      );
      if (firstLoadKib > firstLoadLimitKib) throw new Error("The first load is too large.");
    },
  };
}
