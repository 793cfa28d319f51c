import { Button, SegmentedControl } from "@mantine/core";
import { IconPlus, IconUpload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { domainQuery } from "../../api/domains.ts";
import { entityTypes } from "../../api/entities.ts";
import { useRights } from "../../api/rights.ts";
import { entityTypeRows } from "../../entity-types/rows.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FailurePage } from "../../ui/failure-page.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { changeSearch } from "../../ui/list-search.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { isolated } from "../../words/foreign-text.ts";
import { CreateEntityDialog } from "./create-entity-dialog-part.tsx";
import type { EntitiesSearch } from "./entities-search.ts";
import { EntityTable } from "./entity-table.tsx";

const route = getRouteApi("/frame/domains/$domainId/$type");

const GroupTree = lazyPart(async () => (await import("./group-tree.tsx")).GroupTree);
const ImportDialog = lazyPart(
  async () => (await import("./import/import-dialog.tsx")).ImportDialog,
);

/** All entities of one type in a domain. */
export function EntitiesPage() {
  const { domainId, type } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const domain = useQuery(domainQuery(domainId));
  const rights = useRights("domains", domainId, domainId);
  const [isCreating, setIsCreating] = useState(false);
  const [isImporting, setIsImporting] = useState(false);
  const goTo = (next: EntitiesSearch) => void navigate({ search: next });
  const { singular, title } = entityTypes[type];
  const mayCreate = rights.may(`create_${type}`);
  const { Icon, description, hasTree } = entityTypeRows[type];
  if (domain.error !== null) {
    return (
      <FailurePage
        error={domain.error}
        notFound="There is no such domain, or you are no member of it."
        back={{ label: "Domains", to: "/domains" }}
        onRetry={() => void domain.refetch()}
      />
    );
  }
  const isTree = hasTree && search.view === "tree";
  return (
    <>
      <PageHeader
        title={title}
        crumbs={[
          { label: domain.data?.name ?? "Domain", to: `/domains/${domainId}` },
          { label: title },
        ]}
        description={description}
        actions={
          <>
            {hasTree && (
              <SegmentedControl
                aria-label="View as"
                value={isTree ? "tree" : "list"}
                data={[
                  { value: "list", label: "List" },
                  { value: "tree", label: "Tree" },
                ]}
                onChange={(view) =>
                  goTo(changeSearch(search, { view: view === "tree" ? "tree" : undefined }))
                }
              />
            )}
            {mayCreate && (
              <>
                <Button
                  leftSection={<IconPlus size={17} aria-hidden />}
                  onClick={() => setIsCreating(true)}
                >
                  Create
                </Button>
                <Button
                  variant="default"
                  leftSection={<IconUpload size={17} aria-hidden />}
                  onClick={() => setIsImporting(true)}
                >
                  Upload
                </Button>
              </>
            )}
          </>
        }
      />
      {isTree ? (
        <GroupTree key={domainId} domainId={domainId} />
      ) : (
        <EntityTable
          key={`${domainId} ${type}`}
          type={type}
          domainId={domainId}
          search={search}
          onSearch={goTo}
          empty={
            <EmptyState
              icon={<Icon />}
              title={`No ${type} yet`}
              description={
                mayCreate
                  ? `Create the first ${singular}, or upload a file that lists many.`
                  : (rights.whyNot(`create_${type}`) ?? "") !== ""
                    ? `None that you can see. Your role does not let you create ${type}.`
                    : ""
              }
              action={
                mayCreate && (
                  <Button onClick={() => setIsCreating(true)}>{`Create a ${singular}`}</Button>
                )
              }
            />
          }
          noMatch={
            <EmptyState
              icon={<Icon />}
              title={
                search.q === undefined
                  ? `No such ${type}`
                  : `No ${type} match “${isolated(search.q)}”`
              }
              description="Search for something else, or with another status."
              action={
                <Button variant="default" onClick={() => goTo({ status: "all" })}>
                  {`Show all ${type}`}
                </Button>
              }
            />
          }
        />
      )}
      {isCreating && (
        <CreateEntityDialog type={type} domainId={domainId} onClose={() => setIsCreating(false)} />
      )}
      {isImporting && (
        <ImportDialog type={type} domainId={domainId} onClose={() => setIsImporting(false)} />
      )}
    </>
  );
}
