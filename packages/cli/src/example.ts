import type { Endpoint } from "@tessera/sdk";
import { takesScopes } from "./endpoint-input.ts";
import { bodySchema, type EndpointOption, hasMembers, optionsOf } from "./endpoint-options.ts";

/** Values by the names of members, where their schema does not say enough. */
const samples: Readonly<Record<string, string>> = {
  name: "pump",
  role_name: "operators",
  first_name: "Plant",
  last_name: "Operator",
  route: "plant-7",
  username: "operator",
  description: "'north hall'",
  duration: "24h",
  tags: "pumps,north",
  metadata: `'{"floor": 3}'`,
  by_mail: `'{"token_expiring": false}'`,
  actions: "read,update",
  types: "publish,subscribe",
  profile_picture: "https://example.com/me.png",
};

/** A command line that the endpoint's row accepts, once the variables in it are set. */
export function exampleOf(endpoint: Endpoint): string {
  const options = optionsOf(endpoint);
  const needed = options.filter(({ isRequired, name }) => isRequired && name !== "scopes");
  const shown = needed.length > pathLength(endpoint) ? needed : [...needed, ...oneMore(options)];
  const words = shown.map((option) => `--${option.name} ${sampleOf(option)}`);
  if (takesScopes(endpoint)) words.push("--domainId $DOMAIN_ID --scope clients:view:*");
  if (endpoint.body !== undefined && !hasMembers(bodySchema(endpoint))) {
    words.push("--body @body.json");
  }
  return ["tessera", endpoint.id, ...words].join(" ");
}

const pathLength = ({ path }: Endpoint) => [...path.matchAll(/:/g)].length;

/** Where only the path is needed: one part of the body or a filter, so that it is seen how that is written. */
function oneMore(options: readonly EndpointOption[]): readonly EndpointOption[] {
  const candidates = options.filter(({ place, name }) => place !== "path" && name in samples);
  const inBody = candidates.find(({ place }) => place === "body");
  return [inBody ?? candidates[0]].filter((option) => option !== undefined);
}

function sampleOf({ name, members, type, schema, isSecret }: EndpointOption): string {
  const member = members.at(-1) ?? name;
  const variable = `$${member.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase()}`;
  if (isSecret) return "@secret.txt";
  if (schema.enum !== undefined) return schema.enum[0] ?? "";
  if (schema.format === "email") return "operator@example.com";
  if (type === "whole number") return "1";
  if (type === "boolean") return "true";
  return samples[member] ?? variable;
}
