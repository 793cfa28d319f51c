import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { domainQuery } from "../../api/domains.ts";
import { roleQuery } from "../../api/roles.ts";
import { FailurePage } from "../../ui/failure-page.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { RoleView } from "./role-view.tsx";

const route = getRouteApi("/frame/domains/$domainId/roles/$roleId");

/** One role of a domain. */
export function DomainRolePage() {
  const { domainId, roleId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: domain } = useQuery(domainQuery(domainId));
  const place = { type: "domains", domainId, id: domainId } as const;
  const role = useQuery(roleQuery(place, roleId));
  if (role.data === undefined) {
    return role.error === null ? (
      <LoadingRows />
    ) : (
      <FailurePage
        error={role.error}
        notFound="There is no such role, or it has been deleted."
        back={{ label: "Roles", to: `/domains/${domainId}/roles` }}
        onRetry={() => void role.refetch()}
      />
    );
  }
  return (
    <>
      <PageHeader
        title={role.data.name}
        crumbs={[
          { label: domain?.name ?? "Domain", to: `/domains/${domainId}` },
          { label: "Roles", to: `/domains/${domainId}/roles` },
          { label: role.data.name },
        ]}
      />
      <RoleView
        place={place}
        role={role.data}
        search={search}
        onSearch={(next) => void navigate({ search: next })}
        onDeleted={() => navigate({ to: "/domains/$domainId/roles", params: { domainId } })}
      />
    </>
  );
}
