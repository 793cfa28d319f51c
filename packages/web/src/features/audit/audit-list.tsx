import { Box, Button, Group, Paper, Stack } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type AuditPlace, auditRecordsQuery } from "../../api/audit.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ListFailure } from "../../ui/list-failure.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import classes from "./audit.module.css";
import { AuditFilters } from "./audit-filters.tsx";
import { AuditRow } from "./audit-row.tsx";
import type { AuditSearch } from "./audit-search.ts";

interface AuditListProps {
  readonly place: AuditPlace;
  readonly search: AuditSearch;
  /** What to say to who may not see it. */
  readonly refused: string;
  readonly onSearch: (search: AuditSearch) => void;
}

/** Records below each other, the newest first, a page at a time. */
export function AuditList({ place, search, refused, onSearch }: AuditListProps) {
  const list = useQuery({
    ...auditRecordsQuery(place, search),
    placeholderData: keepPreviousData,
  });
  const { after, ...filter } = search;
  const isFiltered = Object.keys(filter).length > 0;
  const { newer, goOlder } = usePages(search, onSearch);
  const { data, error } = list;
  return (
    <Stack gap="md">
      {(error === null || isFiltered) && (
        <AuditFilters place={place} search={search} onSearch={onSearch} />
      )}
      <ListFailure error={error} refused={refused} onRetry={() => void list.refetch()} />
      {list.isPending && <LoadingRows />}
      {data !== undefined && error === null && (
        <Paper withBorder aria-busy={list.isPlaceholderData}>
          {data.records.length === 0 ? (
            <EmptyState
              icon={<IconHistory />}
              title={isFiltered ? "Nothing matches" : "Nothing yet"}
              description={
                isFiltered
                  ? "Remove a filter, or look at another time."
                  : "Changes and refusals are listed here. Reads are not recorded."
              }
            />
          ) : (
            <ul className={classes.list} aria-label="Audit records">
              {data.records.map((record) => (
                <AuditRow
                  key={record.id}
                  record={record}
                  onNarrow={(change) => onSearch({ ...filter, ...change })}
                />
              ))}
            </ul>
          )}
          {(after !== undefined || data.next !== undefined) && (
            <Box className={classes.foot}>
              <Group justify="flex-end" gap="sm">
                <Button
                  variant="default"
                  disabled={after === undefined}
                  onClick={() =>
                    onSearch(newer === undefined ? filter : { ...filter, after: newer })
                  }
                >
                  Newer
                </Button>
                <Button
                  variant="default"
                  disabled={data.next === undefined}
                  onClick={() => data.next !== undefined && goOlder(data.next)}
                >
                  Older
                </Button>
              </Group>
            </Box>
          )}
        </Paper>
      )}
    </Stack>
  );
}

/** The server only knows what is older. The way back is what was gone; where that is not known, the newest. */
function usePages(search: AuditSearch, onSearch: (search: AuditSearch) => void) {
  const { after, ...filter } = search;
  const wanted = JSON.stringify(filter);
  const [gone, setGone] = useState<{
    readonly wanted: string;
    readonly pages: readonly (string | undefined)[];
  }>({ wanted, pages: [after] });
  const pages = gone.wanted === wanted ? gone.pages : [after];
  const index = pages.indexOf(after);
  return {
    newer: index > 0 ? pages[index - 1] : undefined,
    goOlder: (next: string) => {
      setGone({ wanted, pages: [...(index < 0 ? [after] : pages.slice(0, index + 1)), next] });
      onSearch({ ...search, after: next });
    },
  };
}
