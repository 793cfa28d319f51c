import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { domainQuery } from "../../api/domains.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { AuditDownload } from "./audit-download.tsx";
import { AuditKeeping } from "./audit-keeping.tsx";
import { AuditList } from "./audit-list.tsx";
import type { AuditSearch } from "./audit-search.ts";

const domainRoute = getRouteApi("/frame/domains/$domainId/audit");
const platformRoute = getRouteApi("/frame/audit");
const tokensRoute = getRouteApi("/frame/pats/audit");

/** What was done and refused in a domain, for whoever gives rights in it. */
export function DomainAuditPage() {
  const { domainId } = domainRoute.useParams();
  const search = domainRoute.useSearch();
  const navigate = domainRoute.useNavigate();
  const { data: domain } = useQuery(domainQuery(domainId));
  const place = { kind: "domain", domainId } as const;
  return (
    <>
      <PageHeader
        title="Audit trail"
        crumbs={[
          { label: domain?.name ?? "Domain", to: `/domains/${domainId}` },
          { label: "Audit trail" },
        ]}
        description="What was done and refused in this domain, and by whom. People who may manage roles here see it."
        actions={<AuditDownload place={place} search={search} />}
      />
      <AuditList
        key={domainId}
        place={place}
        search={search}
        refused="Only people who may manage roles in this domain see its audit trail"
        onSearch={(next: AuditSearch) => void navigate({ search: next })}
      />
      <AuditKeeping domainId={domainId} />
    </>
  );
}

/** What was done and refused on the whole platform, for its administrators. */
export function PlatformAuditPage() {
  const search = platformRoute.useSearch();
  const navigate = platformRoute.useNavigate();
  const place = { kind: "platform" } as const;
  return (
    <>
      <PageHeader
        title="Audit trail"
        crumbs={[{ label: "Audit trail" }]}
        description="What was done and refused on this server: in every domain, and with every account. Only its administrators see this page."
        actions={<AuditDownload place={place} search={search} />}
      />
      <AuditList
        place={place}
        search={search}
        refused="Only administrators of the server see its audit trail"
        onSearch={(next: AuditSearch) => void navigate({ search: next })}
      />
    </>
  );
}

/** What the person's own tokens did and were refused. */
export function TokensAuditPage() {
  const search = tokensRoute.useSearch();
  const navigate = tokensRoute.useNavigate();
  const place = { kind: "tokens" } as const;
  return (
    <>
      <PageHeader
        title="What my tokens did"
        crumbs={[{ label: "Personal Access Tokens", to: "/pats" }, { label: "What my tokens did" }]}
        description="What your tokens changed and what they were refused. Reads are not recorded."
        actions={<AuditDownload place={place} search={search} />}
      />
      <AuditList
        place={place}
        search={search}
        refused="You cannot see this"
        onSearch={(next: AuditSearch) => void navigate({ search: next })}
      />
    </>
  );
}
