import { IconTopologyStar3, IconUserShield, IconUsers } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Outlet } from "@tanstack/react-router";
import { domainQuery } from "../../api/domains.ts";
import { entityName, entityQuery, entityTypes, groupedTypeNames } from "../../api/entities.ts";
import { useHeldActions } from "../../api/rights.ts";
import type { TabRow } from "../../entity-types/entity-type-row.ts";
import { entityTypeRows } from "../../entity-types/rows.ts";
import { FailurePage } from "../../ui/failure-page.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { TabLinks } from "../../ui/tab-links.tsx";
import { isolated } from "../../words/foreign-text.ts";

const route = getRouteApi("/frame/domains/$domainId/$type/$id");

const base = "/domains/$domainId/$type/$id";

const peopleParts = [
  { label: "Roles", Icon: IconUserShield, to: `${base}/roles` },
  { label: "Members", Icon: IconUsers, to: `${base}/members` },
] satisfies readonly TabRow[];

const reachPart: TabRow = { label: "Reach", Icon: IconTopologyStar3, to: `${base}/reach` };

const groupParts = groupedTypeNames.map(
  (contents): TabRow => ({
    label: entityTypes[contents].title,
    Icon: entityTypeRows[contents].Icon,
    to: `${base}/$contents`,
    contents,
  }),
);

/** One entity: its name, the ways to its parts, and the part that is open. */
export function EntityPage() {
  const { domainId, type, id } = route.useParams();
  const entity = useQuery(entityQuery(type, domainId, id));
  const { data: domain } = useQuery(domainQuery(domainId));
  const { holds } = useHeldActions({ type, domainId, id });
  const { title, singular, kind } = entityTypes[type];
  if (entity.data === undefined) {
    return entity.error === null ? (
      <LoadingRows />
    ) : (
      <FailurePage
        error={entity.error}
        notFound={`There is no such ${singular}, or it has been deleted.`}
        back={{ label: title, to: `/domains/${domainId}/${type}` }}
        onRetry={() => void entity.refetch()}
      />
    );
  }
  const name = entityName(entity.data);
  const parts: readonly TabRow[] = [
    ...entityTypeRows[type].tabs,
    ...(kind === "group" ? groupParts : []),
    ...(holds("view_role_users") ? peopleParts : []),
    reachPart,
  ];
  return (
    <>
      <PageHeader
        title={name}
        crumbs={[
          { label: domain?.name ?? "Domain", to: `/domains/${domainId}` },
          { label: title, to: `/domains/${domainId}/${type}` },
          { label: name },
        ]}
      />
      <TabLinks
        label={`Parts of ${isolated(name)}`}
        links={parts.map(({ Icon, contents, ...part }) => ({
          ...part,
          params:
            contents === undefined ? { domainId, type, id } : { domainId, type, id, contents },
          icon: <Icon size={17} stroke={1.7} aria-hidden />,
        }))}
      />
      <Outlet />
    </>
  );
}
