import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { domainQuery } from "../../api/domains.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { AssignMembers } from "./assign-members.tsx";
import { Members } from "./members.tsx";

const route = getRouteApi("/frame/domains/$domainId/members");

/** The people of a domain. */
export function DomainMembersPage() {
  const { domainId } = route.useParams();
  const navigate = route.useNavigate();
  const { data: domain } = useQuery(domainQuery(domainId));
  const place = { type: "domains", domainId, id: domainId } as const;
  return (
    <>
      <PageHeader
        title="Members"
        crumbs={[
          { label: domain?.name ?? "Domain", to: `/domains/${domainId}` },
          { label: "Members" },
        ]}
        description="Everybody with a role in this domain."
        actions={<AssignMembers place={place} />}
      />
      <Members
        place={place}
        search={route.useSearch()}
        onSearch={(search) => void navigate({ search })}
      />
    </>
  );
}
