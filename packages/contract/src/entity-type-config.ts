import { z } from "zod";
import { createCatalogue } from "./catalogue.ts";
import { configuredWordPattern } from "./limits.ts";
import { nearest } from "./nearest.ts";
import { requiredName } from "./wire.ts";

const word = z.string().regex(configuredWordPattern, {
  error: "must be lower-case letters, digits and _, starting with a letter, at most 50",
});

/** An operation of an entity type that another service keeps. */
const configuredOperation = z.strictObject({
  name: word,
  summary: requiredName,
  action: word.describe("The role action in the domain that the token's owner must have"),
  is_read: z
    .boolean()
    .optional()
    .describe(
      "Whether it only shows what there is; absent: whether its name begins with view, read, list or retrieve",
    ),
});

/** An entity type that another service keeps and whose operations scopes can name. */
export const entityTypeConfig = z.strictObject({
  entity_type: word.describe("Plural, as scopes write it, e.g. `rules`"),
  singular: word,
  title: requiredName,
  role_actions: z
    .array(word)
    .optional()
    .describe("Role actions of a domain that exist because of this type"),
  operations: z.array(configuredOperation).min(1, { error: "must not be empty" }),
});

export type EntityTypeConfig = z.output<typeof entityTypeConfig>;

/** What is wrong in a configuration, and where: the members and indexes that lead there. */
export interface ConfigProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** The first thing in configured types that contradicts the built-in types, or each other. */
export function findEntityTypeProblem(
  configured: readonly EntityTypeConfig[],
): ConfigProblem | undefined {
  const builtIn = createCatalogue();
  const names = new Set(builtIn.entityTypes.map(({ name }) => name));
  const singulars = new Set(builtIn.entityTypes.map(({ singular }) => singular));
  const titles = new Set(builtIn.entityTypes.map(({ title }) => title));
  const actions = new Set(builtIn.roleActions("domains"));
  for (const [index, type] of configured.entries()) {
    const taken =
      takenWord(names, type.entity_type, [index, "entity_type"]) ??
      takenWord(singulars, type.singular, [index, "singular"]) ??
      takenWord(titles, type.title, [index, "title"]) ??
      takenWords(actions, type.role_actions ?? [], [index, "role_actions"]);
    if (taken !== undefined) return taken;
  }
  for (const [index, type] of configured.entries()) {
    const problem = findOperationProblem(type, actions);
    if (problem !== undefined) return { ...problem, path: [index, ...problem.path] };
  }
  return undefined;
}

function findOperationProblem(
  type: EntityTypeConfig,
  actions: ReadonlySet<string>,
): ConfigProblem | undefined {
  const names = new Set<string>();
  for (const [index, { name, action }] of type.operations.entries()) {
    const taken = takenWord(names, name, ["operations", index, "name"]);
    if (taken !== undefined) return taken;
    if (actions.has(action)) continue;
    const near = nearest(action, [...actions]);
    return {
      path: ["operations", index, "action"],
      message: `"${action}" is no role action of a domain; did you mean "${near}"? A new one has to stand in role_actions`,
    };
  }
  const needed = new Set(type.operations.map(({ action }) => action));
  const unused = (type.role_actions ?? []).findIndex((action) => !needed.has(action));
  if (unused === -1) return undefined;
  return { path: ["role_actions", unused], message: "is needed by no operation of this type" };
}

function takenWords(
  taken: Set<string>,
  words: readonly string[],
  path: ConfigProblem["path"],
): ConfigProblem | undefined {
  for (const [index, word] of words.entries()) {
    const problem = takenWord(taken, word, [...path, index]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Takes the word, or says that somebody has it. */
function takenWord(
  taken: Set<string>,
  word: string,
  path: ConfigProblem["path"],
): ConfigProblem | undefined {
  if (taken.has(word)) return { path, message: `"${word}" exists already; choose another` };
  taken.add(word);
  return undefined;
}
