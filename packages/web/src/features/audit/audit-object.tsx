import { useQuery } from "@tanstack/react-query";
import { id as uuid } from "@tessera/sdk";
import type { AuditRecord } from "../../api/audit.ts";
import { catalogueQuery } from "../../api/catalogue.ts";
import { domainQuery } from "../../api/domains.ts";
import { isEntityTypeName } from "../../api/entities.ts";
import { isListed, listedEntityQuery } from "../../api/entity-lists.ts";
import { profileQuery } from "../../api/profile.ts";
import { tokenQuery } from "../../api/tokens.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { Name } from "../../ui/name.tsx";
import { Id } from "./actor.tsx";

/** What it happened to: by its name and with the way there, where it is there. */
export function AuditObject({ record }: { readonly record: AuditRecord }) {
  const { type, id } = record.object;
  const { data: catalogue } = useQuery(catalogueQuery);
  const known = catalogue?.entity_types.find(({ name }) => name === type);
  if (type === "" || type === "audit") return null;
  const singular = known?.singular ?? singulars[type] ?? type;
  if (!uuid.safeParse(id).success) {
    return (
      <>{id === "" || id === "*" ? `any ${singular}` : <Other singular={singular} id={id} />}</>
    );
  }
  if (type === "users") return <PersonLabel userId={id} />;
  if (type === "domains") return <DomainName id={id} singular={singular} />;
  if (type === "tokens") return <TokenName record={record} />;
  if (record.domain_id !== undefined && isListed(known?.kind ?? "")) {
    return <EntityName type={type} domainId={record.domain_id} id={id} singular={singular} />;
  }
  return <Other singular={singular} id={id} />;
}

/** Of what is no entity type. */
const singulars: Readonly<Record<string, string>> = {
  tokens: "token",
  users: "user",
  sessions: "session",
  keys: "key",
};

interface ObjectProps {
  readonly singular: string;
  readonly id: string;
}

function Other({ singular, id }: ObjectProps) {
  return (
    <>
      {singular} <Id>{id}</Id>
    </>
  );
}

function DomainName({ singular, id }: ObjectProps) {
  const { data: domain } = useQuery(domainQuery(id));
  if (domain === undefined) return <Other singular={singular} id={id} />;
  return (
    <>
      {singular}{" "}
      <LinkAnchor to="/domains/$domainId" params={{ domainId: id }} inherit underline="always">
        <Name>{domain.name}</Name>
      </LinkAnchor>
    </>
  );
}

/** Only its owner may know a token's name. */
function TokenName({ record }: { readonly record: AuditRecord }) {
  const { id } = record.object;
  const { data: self } = useQuery(profileQuery);
  const isOwn = self?.id === record.actor.user_id;
  const { data: token } = useQuery({ ...tokenQuery(id), enabled: isOwn });
  if (token === undefined) return <Other singular="token" id={id} />;
  return (
    <>
      token{" "}
      <LinkAnchor to="/pats/$tokenId" params={{ tokenId: id }} inherit underline="always">
        <Name>{token.name}</Name>
      </LinkAnchor>
    </>
  );
}

interface EntityNameProps extends ObjectProps {
  readonly type: string;
  readonly domainId: string;
}

function EntityName({ type, domainId, id, singular }: EntityNameProps) {
  const { data: entity } = useQuery(listedEntityQuery(type, domainId, id));
  if (entity === undefined || entity === null) return <Other singular={singular} id={id} />;
  const name = <Name>{entity.name === "" ? id : entity.name}</Name>;
  if (!isEntityTypeName(type))
    return (
      <>
        {singular} {name}
      </>
    );
  return (
    <>
      {singular}{" "}
      <LinkAnchor
        to="/domains/$domainId/$type/$id"
        params={{ domainId, type, id }}
        inherit
        underline="always"
      >
        {name}
      </LinkAnchor>
    </>
  );
}
