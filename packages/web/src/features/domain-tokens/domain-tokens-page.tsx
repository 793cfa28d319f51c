import { Paper, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { domainTokensQuery, type TokensShown } from "../../api/domain-tokens.ts";
import { domainQuery } from "../../api/domains.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ListFailure } from "../../ui/list-failure.tsx";
import { changeSearch, type ListSearch, pageOf } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Pager } from "../../ui/pager.tsx";
import classes from "./domain-tokens.module.css";
import { TokenInDomainRow } from "./token-in-domain-row.tsx";

const route = getRouteApi("/frame/domains/$domainId/tokens");

const choices: readonly (readonly [TokensShown, string])[] = [
  ["all", "All"],
  ["never_used", "Never used"],
  ["unused_scopes", "With unused scopes"],
  ["all_objects", "On all objects"],
];

/** Members' tokens that reach into the domain, for whoever answers for it: what is too much, and whom to ask. */
export function DomainTokensPage() {
  const { domainId } = route.useParams();
  const { data: domain } = useQuery(domainQuery(domainId));
  return (
    <>
      <PageHeader
        title="Members' tokens"
        crumbs={[
          { label: domain?.name ?? "Domain", to: `/domains/${domainId}` },
          { label: "Members' tokens" },
        ]}
        description="What members' tokens may do in this domain, and which of these scopes nobody uses. The names of tokens, and what they do elsewhere, are told to their owners alone."
      />
      <DomainTokens key={domainId} domainId={domainId} />
    </>
  );
}

function DomainTokens({ domainId }: { readonly domainId: string }) {
  const [show, setShow] = useState<TokensShown>("all");
  const [search, setSearch] = useState<ListSearch>({});
  const listed = useQuery({
    ...domainTokensQuery(domainId, { ...pageOf(search), show }),
    placeholderData: keepPreviousData,
  });
  if (listed.error !== null) {
    return (
      <ListFailure
        error={listed.error}
        refused="Only administrators of the domain see this"
        onRetry={() => void listed.refetch()}
      />
    );
  }
  if (listed.data === undefined) return <LoadingRows count={3} />;
  const { counts, tokens, total, members_with_more } = listed.data;
  return (
    <Stack gap="md">
      <SegmentedControl
        className={classes.choices}
        withItemsBorders={false}
        aria-label="Which tokens are shown"
        value={show}
        data={choices.map(([value, label]) => ({
          value,
          label: `${label} (${counts[value].toLocaleString("en")})`,
        }))}
        onChange={(chosen) => {
          setShow(chosen as TokensShown);
          setSearch({});
        }}
      />
      <Paper withBorder>
        {tokens.length === 0 ? (
          <EmptyState
            icon={<IconKey aria-hidden />}
            title={show === "all" ? "No tokens reach into this domain" : "None of them"}
            description="Shown are tokens of its members that work and have a scope here."
          />
        ) : (
          <ul className={classes.tokens} aria-label="Members' tokens">
            {tokens.map((token) => (
              <TokenInDomainRow
                // Its id is not told: what is told of it names it on a page.
                key={`${token.user_id} ${token.starts_with} ${token.ends_with}`}
                token={token}
              />
            ))}
          </ul>
        )}
        {total > pageOf({}).limit && (
          <Pager
            search={search}
            total={total}
            onChange={(change) => setSearch(changeSearch(search, change))}
          />
        )}
      </Paper>
      {members_with_more.map(({ user_id, tokens_count }) => (
        <Text key={user_id} size="sm" component="div">
          <PersonLabel userId={user_id} /> has {tokens_count.toLocaleString("en")} tokens here: only
          the newest 20 are listed and counted.
        </Text>
      ))}
      <Text size="sm" c="dimmed">
        Tokens of administrators of the platform who are no members are not shown. How many objects
        were used is counted over 90 days; where they were more than 200 on a day, the number is too
        low.
      </Text>
    </Stack>
  );
}
