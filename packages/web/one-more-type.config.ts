import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const sourceFolder = join(import.meta.dirname, "src");
const serverTesting = join(import.meta.dirname, "../server/src/testing");

/** The app with the entity type `sensors`, for tests: with the lines in two files that its author would add. */
export default defineConfig({
  plugins: [
    react(),
    withLine({
      file: "/contract/src/entity-types/index.ts",
      row: join(serverTesting, "sensors.ts"),
      after: "  clients,\n  channels,\n  groups,\n",
    }),
    withLine({
      file: "/web/src/entity-types/rows.ts",
      row: join(sourceFolder, "testing/sensors.ts"),
      after: "  groups,\n  channels,\n  clients,\n",
    }),
  ],
  build: {
    target: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    minify: false,
    emptyOutDir: true,
  },
});

interface Line {
  readonly file: string;
  /** The file that exports `sensors`. */
  readonly row: string;
  /** What stands in the list already. */
  readonly after: string;
}

function withLine({ file, row, after }: Line): Plugin {
  return {
    name: `sensors in ${file}`,
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith(file)) return undefined;
      if (code.split(after).length !== 2) throw new Error(`${file} lists its types otherwise now.`);
      // The import comes last: what the row is made of has been read by then.
      return `${code.replace(after, `${after}  sensors,\n`)}\nimport { sensors } from ${JSON.stringify(row)};\n`;
    },
  };
}
