import type { GivenOptions } from "./endpoint-input.ts";
import { single } from "./given-options.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The question that `tessera explain <operation> <object>` asks, as the wire has it. The object is `<domain>/<id>`; of a
 * domain it is its own id.
 */
export function readExplainQuestion(given: GivenOptions): object {
  const operation = single(given, "operation") ?? "";
  const object = single(given, "object") ?? "";
  const [type, name, ...more] = operation.split(/[.:]/);
  if (type === undefined || name === undefined || name === "" || more.length > 0) {
    throw new UsageError(`an operation is written like clients.view, not "${operation}"`);
  }
  const [domainId, id = type === "domains" ? domainId : undefined, ...others] = object.split("/");
  if (domainId === undefined || domainId === "" || id === undefined || others.length > 0) {
    throw new UsageError(
      `an object is written <domain>/<id>, and a domain by its id alone; not "${object}"`,
    );
  }
  const [address, time] = [single(given, "from"), single(given, "at")];
  const context = {
    ...(address === undefined ? {} : { address }),
    ...(time === undefined ? {} : { time }),
  };
  return {
    domain_id: domainId,
    entity_type: type,
    entity_id: id,
    operation: name,
    ...(Object.keys(context).length === 0 ? {} : { context }),
  };
}
