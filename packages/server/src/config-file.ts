import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";

type PathStep = string | number | symbol;

/** The content of a settings file, which remembers on which line everything stands. */
export interface ConfigFile {
  readonly content: Readonly<Record<string, unknown>>;
  /** `tessera.yaml:12`: where that member is, or what is nearest around it. */
  place(path: readonly PathStep[]): string;
}

/** Reads YAML; what is wrong with it as a sentence that names the file. */
export function parseConfigFile(
  source: string,
  name: string,
): ConfigFile | { readonly problem: string } {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const [problem] = document.errors;
  if (problem !== undefined) {
    // Never what stands there: it may be a secret.
    const { line, col } = lines.linePos(problem.pos[0]);
    return {
      problem: `${name}:${line}:${col}: is no YAML: ${problem.code.toLowerCase().replaceAll("_", " ")}`,
    };
  }
  let content: unknown;
  try {
    content = document.toJS() ?? {};
  } catch {
    return { problem: `${name}: has an alias (*) of what is not there; put such a text in quotes` };
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    return { problem: `${name}: must hold settings, one "name: value" a line` };
  }
  return {
    content: content as Record<string, unknown>,
    place: (path) => `${name}:${lines.linePos(offsetOf(document, path)).line}`,
  };
}

function offsetOf(document: Document, path: readonly PathStep[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of path) {
    const member = memberOf(node, step);
    if (member === undefined) break;
    offset = member.offset;
    node = member.value;
  }
  return offset;
}

function memberOf(node: unknown, step: PathStep): { offset: number; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    const offset = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    return offset === undefined ? undefined : { offset, value: pair?.value };
  }
  if (!isSeq(node)) return undefined;
  const item = node.items[Number(step)] as { range?: readonly number[] } | undefined;
  const offset = item?.range?.[0];
  return offset === undefined ? undefined : { offset, value: item };
}
