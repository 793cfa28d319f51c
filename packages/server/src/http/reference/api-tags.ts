import type { Catalogue, Endpoint, EntityType } from "@tessera/contract";

export interface ApiTag {
  readonly name: string;
  readonly description: string;
}

/** What endpoints are about that concern no entity type, by what their ids begin with. */
const accountTags: Readonly<Record<string, ApiTag>> = {
  users: { name: "Users", description: "Accounts of people." },
  sessions: { name: "Sessions", description: "Signing in and out, for programs." },
  web_session: {
    name: "Browser sessions",
    description: "Signing in and out, for the web app: the session is kept in cookies.",
  },
  tokens: {
    name: "Personal access tokens",
    description:
      "Your own tokens, their scopes and their use. No token can manage tokens; whoever holds one can end it.",
  },
  notices: { name: "Notices", description: "What people are told of their tokens and accounts." },
  calendar: {
    name: "Calendar",
    description:
      "The ends of your tokens, for a calendar program: by an address that opens nothing else.",
  },
  invitations: { name: "Invitations", description: "Bringing people into a domain." },
  audit: { name: "Audit trail", description: "What was done and refused, and what proves it." },
  service: {
    name: "Service",
    description: "What the server tells of itself, and decisions for other services.",
  },
};

/** The one tag of an endpoint. */
export function tagOf({ id }: Pick<Endpoint, "id">, catalogue: Catalogue): string {
  const [subject = "", section] = id.split(".");
  const type = catalogue.findEntityType(subject);
  if (type === undefined) return accountTags[subject]?.name ?? subject;
  return section === "roles" ? rolesTagName(type) : type.title;
}

/** All tags in the order of a reader's interest: tokens first, the service itself last. */
export function describeTags(
  endpoints: readonly Pick<Endpoint, "id">[],
  catalogue: Catalogue,
): readonly ApiTag[] {
  const { tokens, service, ...people } = accountTags;
  const tags = [
    tokens,
    ...catalogue.entityTypes.flatMap(typeTags),
    ...Object.values(people),
    service,
  ].filter((tag) => tag !== undefined);
  const used = new Set(endpoints.map((endpoint) => tagOf(endpoint, catalogue)));
  const external = new Set(
    catalogue.entityTypes.filter(({ kind }) => kind === "external").map(({ title }) => title),
  );
  return tags.filter(({ name }) => used.has(name) || external.has(name));
}

function typeTags(type: EntityType): readonly ApiTag[] {
  if (type.kind === "external") {
    const description = `Another service keeps these objects: it asks \`service.authorize\`, or a gateway asks for it. The ${type.operations.length} operations can stand in scopes, and their role actions in roles of a domain.`;
    return [{ name: type.title, description }];
  }
  const roles = {
    name: rolesTagName(type),
    description: `Who may do what with a ${type.singular}.`,
  };
  return [{ name: type.title, description: kindTexts[type.kind](type) }, roles];
}

const kindTexts: Readonly<
  Record<Exclude<EntityType["kind"], "external">, (type: EntityType) => string>
> = {
  domain: () => "The tenants: everything else lives in one.",
  entity: ({ name }) => `The ${name} of a domain.`,
  group: ({ name }) => `The ${name} of a domain, which can hold other objects and other ${name}.`,
};

const rolesTagName = ({ title }: EntityType) => `${title}: roles`;
