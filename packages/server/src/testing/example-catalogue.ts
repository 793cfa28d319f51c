import { readFileSync } from "node:fs";
import { parse } from "yaml";

const exampleFile = new URL("../../../../tessera.example.yaml", import.meta.url);

/** The commented example of `catalogue:` and `routes:` in tessera.example.yaml, as an operator would put it to use. */
export function exampleCatalogueYaml(): string {
  const example = readFileSync(exampleFile, "utf8");
  return example.slice(example.indexOf("# catalogue:")).replaceAll(/^# /gm, "");
}

/** The same for `startApp`'s option `file`: the entity types `rules` and `reports`. */
export function exampleCatalogueFile(): Readonly<Record<string, unknown>> {
  return parse(exampleCatalogueYaml()) as Record<string, unknown>;
}
