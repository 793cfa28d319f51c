import schema from "./ocsf-1.6.0.json" with { type: "json" };

type Fields = Readonly<Record<string, unknown>>;
interface Shape {
  readonly attributes: Readonly<Record<string, string>>;
  readonly at_least_one?: readonly string[];
  readonly just_one?: readonly string[];
}

const types: Readonly<Record<string, { type?: string; regex?: string; max_len?: number }>> =
  schema.types;
const objects: Readonly<Record<string, Shape>> = schema.objects;

/** What of an event is not as its class in the schema of OCSF 1.6.0 says; nothing that the schema does not know passes. */
export function ocsfFaults(event: Fields): readonly string[] {
  const uid = String(event.class_uid);
  const found: Readonly<Record<string, Shape & { name: string; category_uid: number }>> =
    schema.classes;
  const shape = found[uid];
  if (shape === undefined) return [`class_uid: ${uid} is no class of the extract`];
  const attributes = {
    ...schema.base_event,
    ...shape.attributes,
    class_uid: `required integer_t ${uid}`,
    category_uid: `required integer_t ${shape.category_uid}`,
  };
  const faults = faultsOf("event", { ...shape, attributes }, event);
  if (event.type_uid !== Number(uid) * 100 + Number(event.activity_id)) {
    faults.push("type_uid: is not class_uid × 100 + activity_id");
  }
  if (event.class_name !== shape.name) faults.push("class_name: is another one");
  return faults;
}

function faultsOf(path: string, shape: Shape, fields: Fields): string[] {
  const faults: string[] = [];
  const given = (name: string) => fields[name] !== undefined;
  for (const name of Object.keys(fields)) {
    if (!(name in shape.attributes)) faults.push(`${path}.${name}: there is no such attribute`);
  }
  for (const [name, text] of Object.entries(shape.attributes)) {
    const [requirement, type = "", values] = text.split(" ");
    if (given(name)) faults.push(...valueFaults(`${path}.${name}`, type, values, fields[name]));
    else if (requirement === "required") faults.push(`${path}.${name}: is required`);
  }
  const { at_least_one = [], just_one = [] } = shape;
  if (at_least_one.length > 0 && !at_least_one.some(given)) {
    faults.push(`${path}: needs one of ${at_least_one.join()}`);
  }
  if (just_one.length > 0 && just_one.filter(given).length !== 1) {
    faults.push(`${path}: needs just one of ${just_one.join()}`);
  }
  return faults;
}

function valueFaults(
  path: string,
  type: string,
  values: string | undefined,
  value: unknown,
): string[] {
  if (type.endsWith("[]")) {
    if (!Array.isArray(value)) return [`${path}: is no array`];
    return value.flatMap((item, place) =>
      valueFaults(`${path}[${place}]`, type.slice(0, -2), values, item),
    );
  }
  if (type === "object") return isObject(value) ? [] : [`${path}: is no object`];
  if (!type.endsWith("_t")) {
    const shape = objects[type];
    if (shape === undefined) return [`${path}: ${type} is not in the extract`];
    return isObject(value) ? faultsOf(path, shape, value) : [`${path}: is no object`];
  }
  if (values !== undefined && !values.split(",").includes(String(value))) {
    return [`${path}: ${String(value)} is none of ${values}`];
  }
  const { type: base = type, regex, max_len } = types[type] ?? {};
  if (base === "json_t") return [];
  if (base === "boolean_t") return typeof value === "boolean" ? [] : [`${path}: is no boolean`];
  if (base === "integer_t" || base === "long_t") {
    return Number.isSafeInteger(value) ? [] : [`${path}: is no whole number`];
  }
  if (typeof value !== "string" || value === "") return [`${path}: is no text, or an empty one`];
  if (max_len !== undefined && value.length > max_len) return [`${path}: is too long`];
  return regex === undefined || new RegExp(regex).test(value) ? [] : [`${path}: is no ${type}`];
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
