import { builtInEndpoints, type Endpoint } from "@tessera/sdk";
import { sentence } from "../words/failure-text.ts";

interface Issue {
  readonly code?: string | undefined;
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly errors?: readonly (readonly Issue[])[];
}

/**
 * All that the server would refuse in the body, by the form's names of the fields; it complains of one fault at a time.
 * `fields`: the form's names by the wire's.
 */
export function bodyProblems<Field extends string>(
  endpointId: string,
  body: unknown,
  fields: Readonly<Record<string, Field>>,
): { readonly [Name in Field]?: string } {
  const endpoint: Endpoint | undefined = builtInEndpoints.find(({ id }) => id === endpointId);
  const read = endpoint?.body?.safeParse(body);
  const problems: { [Name in Field]?: string } = {};
  for (const issue of read?.error?.issues ?? []) {
    const { path, message } = deepest(issue as Issue);
    const at = path.join(".");
    const named = Object.entries(fields).find(([name]) => at === name || at.startsWith(`${name}.`));
    if (named !== undefined) problems[named[1]] ??= sentence(message);
  }
  return problems;
}

/** Of what can have several forms the one that comes closest says the most. */
function deepest(issue: Issue): Issue {
  const nested = issue.errors?.flat().toSorted((a, b) => b.path.length - a.path.length)[0];
  if (nested === undefined) return issue;
  return deepest({ ...nested, path: [...issue.path, ...nested.path] });
}
