/** What is read of a JSON Schema of the contract. */
export interface JsonSchema {
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** Of what may be of several types the first that has members or elements, else the first. */
export function mainForm(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema;
  if (anyOf === undefined) return schema;
  const main = anyOf.find(({ type }) => type === "object" || type === "array") ?? anyOf[0];
  return { ...rest, ...main };
}

export const isSecret = ({ format }: JsonSchema): boolean => format === "password";

/** Whether a value of that schema holds a secret somewhere. */
export function holdsSecret(schema: JsonSchema, value: unknown): boolean {
  if (isSecret(schema)) return typeof value === "string";
  if (Array.isArray(value)) {
    const { items } = mainForm(schema);
    return items !== undefined && value.some((item) => holdsSecret(items, item));
  }
  if (typeof value !== "object" || value === null) return false;
  const members = Object.entries(mainForm(schema).properties ?? {});
  return members.some(([name, member]) =>
    holdsSecret(member, (value as Record<string, unknown>)[name]),
  );
}
