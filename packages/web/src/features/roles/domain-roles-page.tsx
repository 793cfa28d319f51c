import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { domainQuery } from "../../api/domains.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { CreateRole } from "./create-role.tsx";
import { Roles } from "./roles.tsx";

const route = getRouteApi("/frame/domains/$domainId/roles");

/** The roles of a domain. */
export function DomainRolesPage() {
  const { domainId } = route.useParams();
  const navigate = route.useNavigate();
  const { data: domain } = useQuery(domainQuery(domainId));
  const place = { type: "domains", domainId, id: domainId } as const;
  return (
    <>
      <PageHeader
        title="Roles"
        crumbs={[
          { label: domain?.name ?? "Domain", to: `/domains/${domainId}` },
          { label: "Roles" },
        ]}
        description="A role allows actions. Assign users to it to let them do these in the whole domain."
        actions={<CreateRole place={place} />}
      />
      <Roles
        place={place}
        search={route.useSearch()}
        onSearch={(search) => void navigate({ search })}
      />
    </>
  );
}
