import { Paper, Text } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { allEntities } from "@tessera/sdk";
import { useState } from "react";
import type { CatalogueType } from "../../api/catalogue.ts";
import { type ReachedObject, type ReachingToken, reachingTokensQuery } from "../../api/reach.ts";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { changeSearch, type ListSearch, pageOf } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { Name } from "../../ui/name.tsx";
import { Pager } from "../../ui/pager.tsx";
import { Operations } from "./operations.tsx";
import classes from "./reach.module.css";

interface TokensThatReachProps {
  readonly place: ReachedObject;
  readonly type: CatalogueType;
  readonly label: string;
}

/** A line for each of the person's tokens: the token, its scopes by what they name, and what they open now. */
export function TokensThatReach({ place, type, label }: TokensThatReachProps) {
  const [search, setSearch] = useState<ListSearch>({});
  const reach = useQuery({
    ...reachingTokensQuery(place, pageOf(search)),
    placeholderData: keepPreviousData,
  });
  if (reach.error !== null) {
    return <FailureNotice error={reach.error} onRetry={() => void reach.refetch()} />;
  }
  if (reach.data === undefined) return <LoadingRows count={2} />;
  const { tokens, total } = reach.data;
  return (
    <Paper withBorder>
      {tokens.length === 0 ? (
        <Text size="sm" p="md">
          None of your active tokens has a scope on it.
        </Text>
      ) : (
        <ul className={classes.flows} aria-label={label}>
          {tokens.map((token) => (
            <li key={token.id} className={classes.flow}>
              <span className={classes.source}>
                <IconKey size={18} stroke={1.7} aria-hidden />
                <span className={classes.sourceText}>
                  <LinkAnchor to="/pats/$tokenId" params={{ tokenId: token.id }} size="sm" fw={550}>
                    <Name>{token.name}</Name>
                  </LinkAnchor>
                </span>
              </span>
              <ul className={classes.ways} aria-label="By">
                {scopesOf(token).map(({ isOfAll, count }) => (
                  <li key={String(isOfAll)} className={classes.way}>
                    <div className={classes.box}>
                      <Text component="span" size="sm">
                        {count === 1 ? "A scope" : `${count} scopes`} on{" "}
                        {isOfAll ? `every ${type.singular}` : `this ${type.singular}`}
                      </Text>
                    </div>
                  </li>
                ))}
              </ul>
              <span className={classes.end}>
                <Operations
                  type={type}
                  operations={token.operations.map(({ operation, allowed }) => ({
                    name: operation,
                    isAllowed: allowed,
                  }))}
                  nothing="Nothing"
                />
              </span>
            </li>
          ))}
        </ul>
      )}
      {total > 10 && (
        <Pager
          search={search}
          total={total}
          onChange={(change) => setSearch(changeSearch(search, change))}
        />
      )}
    </Paper>
  );
}

function scopesOf({ operations }: ReachingToken) {
  const ofAll = operations.filter(({ entity_id }) => entity_id === allEntities).length;
  return [
    { isOfAll: true, count: ofAll },
    { isOfAll: false, count: operations.length - ofAll },
  ].filter(({ count }) => count > 0);
}
