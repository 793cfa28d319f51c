import { AppError, type Endpoint, uuidPattern } from "@tessera/contract";
import { requireStorable } from "./storable.ts";

/** Looks at the parameters of the endpoint's path; throws 400, naming the one that is wrong. */
export function createPathCheck({
  path,
  wordParameters: words = [],
}: Pick<Endpoint, "path" | "wordParameters">): (params: Readonly<Record<string, string>>) => void {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");
  const ids = names.filter((name) => !words.includes(name));
  return (params) => {
    for (const name of ids) {
      if (uuidPattern.test(params[name] ?? "")) continue;
      throw new AppError("invalid_path", `${name} must be a UUID in lower case`, { field: name });
    }
    // They are looked for in the database as they are.
    for (const name of words) requireStorable("invalid_path", params[name], [name]);
  };
}
