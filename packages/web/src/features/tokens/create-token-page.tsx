import { Paper } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { id as uuid } from "@tessera/sdk";
import { useState } from "react";
import { catalogueQuery } from "../../api/catalogue.ts";
import { firstDomainQuery } from "../../api/domains.ts";
import { useCurrentDomain } from "../../parts/current-domain.ts";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { partLoader } from "../../ui/load-part.ts";
import { PageHeader } from "../../ui/page-header.tsx";
import { isolated } from "../../words/foreign-text.ts";
import type { WrittenConditions } from "./conditions/conditions-section.tsx";
import { CreateTokenForm } from "./create-token-form.tsx";
import { AskedDomain } from "./creation/asked-domain.tsx";
import { emptyRow, readScopeList, rowsOf } from "./scope-rows.ts";
import { hasLinkConditions, type NewTokenSearch } from "./token-search.ts";

const route = getRouteApi("/frame/pats/new");

/** What reads them is loaded only for links that have some. */
const linkConditionsQuery = (link: NewTokenSearch) =>
  queryOptions({
    queryKey: ["link-conditions", link],
    queryFn: async (): Promise<WrittenConditions> => {
      if (!hasLinkConditions(link)) return { isComplete: true };
      const part = await partLoader.load(() => import("./conditions/link-conditions.ts"));
      return part.readLinkConditions(link);
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The form for a new token. A link can fill it in; only a person can send it. */
export function CreateTokenPage() {
  const link = route.useSearch();
  const [chosen, setChosen] = useState("");
  const { domain, isPending } = useCurrentDomain();
  const domains = useQuery(firstDomainQuery);
  const catalogue = useQuery(catalogueQuery);
  const conditions = useQuery(linkConditionsQuery(link));
  const error = catalogue.error ?? domains.error ?? conditions.error;
  if (error !== null) return <FailureNotice error={error} />;
  if (isPending || domains.data === undefined || catalogue.data === undefined) return null;
  if (conditions.data === undefined) return null;
  const { first, total } = domains.data;
  const { domain: named } = link;
  // What is no domain's ID would stand in every call that the page shows.
  const isNamed = named !== undefined && uuid.safeParse(named).success;
  const domainId =
    (isNamed ? named : undefined) ?? domain?.id ?? (total === 1 ? first?.id : undefined) ?? chosen;
  // Whoever has several and was in none yet says which one; no token is for the first of the alphabet.
  const isAsked = total > 0 && domainId === "";
  if (isAsked && link.scopes !== undefined) {
    return (
      <>
        {header}
        <Paper withBorder p={{ base: "md", sm: "xl" }} maw={560}>
          <AskedDomain domainId="" onChange={setChosen} />
        </Paper>
      </>
    );
  }
  const { scopes, problems } = readScopeList(link.scopes ?? "", domainId, catalogue.data);
  const rows = rowsOf(scopes, catalogue.data);
  return (
    <>
      {header}
      <CreateTokenForm
        domainId={domainId}
        isDomainAsked={isAsked}
        isFocused={chosen !== "" || link.name === undefined}
        isFromLink={Object.keys(link).length > 0}
        linkProblems={
          named === undefined || isNamed
            ? problems
            : [`“${isolated(named)}” is not the ID of a domain`, ...problems]
        }
        initial={{
          name: link.name ?? "",
          description: link.description ?? "",
          duration: { value: link.duration ?? "24h", until: null },
          rows: rows.length > 0 ? rows : [emptyRow([], domainId)],
          conditions: conditions.data,
        }}
      />
    </>
  );
}

const header = (
  <PageHeader
    title="Create PAT"
    crumbs={[{ label: "Personal Access Tokens", to: "/pats" }, { label: "Create" }]}
    description="A token for one purpose, with no more rights than that takes."
  />
);
