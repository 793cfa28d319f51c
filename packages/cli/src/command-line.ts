/** What was typed: words, and options by their names, each with all its values. */
export interface CommandLine {
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/** A command line that cannot be understood; the message says what would be right. */
export class UsageError extends Error {}

/** Reads `word --name value --name=value`; every option takes a value. */
export function readCommandLine(typed: readonly string[]): CommandLine {
  const words: string[] = [];
  const options = new Map<string, string[]>();
  const rest = [...typed];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith("--")) {
      words.push(word);
      continue;
    }
    const [name = "", ...valueParts] = word.slice(2).split("=");
    const value = valueParts.length > 0 ? valueParts.join("=") : rest.shift();
    if (value === undefined) throw new UsageError(`--${name} needs a value`);
    options.set(name, [...(options.get(name) ?? []), value]);
  }
  return { words, options };
}

/** The one value of an option; throws where it was given more than once. */
export function singleOption({ options }: CommandLine, name: string): string | undefined {
  const values = options.get(name) ?? [];
  if (values.length > 1) throw new UsageError(`--${name} was given more than once`);
  return values[0];
}
