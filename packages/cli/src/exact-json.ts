/** The parts of ECMAScript's JSON that TypeScript does not know yet. */
interface JsonWithSource {
  readonly parse: (
    text: string,
    revive: (name: string, value: unknown, context: { readonly source?: string }) => unknown,
  ) => unknown;
  readonly rawJSON: (text: string) => unknown;
}

const { parse, rawJSON } = JSON as unknown as JsonWithSource;

/**
 * JSON that is written again as it was: a number that JavaScript's own cannot hold keeps its text. Throws `SyntaxError`.
 */
export function parseExactly(text: string): unknown {
  return parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source
      ? rawJSON(source)
      : value,
  );
}
