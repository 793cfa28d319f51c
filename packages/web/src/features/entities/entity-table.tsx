import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import {
  type Entity,
  type EntityListQuery,
  type EntityTypeName,
  entitiesQuery,
  entityName,
  entityTypes,
} from "../../api/entities.ts";
import { entityColumns } from "../../entity-types/entity-columns.tsx";
import { ChoiceMenu } from "../../ui/choice-menu.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { changeSearch } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { OrderMenu } from "../../ui/order-menu.tsx";
import { SearchBox } from "../../ui/search-box.tsx";
import { useSelection } from "../../ui/use-selection.ts";
import { capitalized } from "../../words/first-letter.ts";
import { type EntitiesSearch, entityListQuery, entityStatuses } from "./entities-search.ts";
import { type EntityDialog, EntityDialogs } from "./entity-dialogs.tsx";
import { EntityRowMenu } from "./entity-row-menu.tsx";

const EntitySelection = lazyPart(
  async () => (await import("./entity-selection.tsx")).EntitySelection,
);

interface EntityTableProps {
  readonly type: EntityTypeName;
  readonly domainId: string;
  readonly search: EntitiesSearch;
  readonly onSearch: (search: EntitiesSearch) => void;
  /** Filters beyond those of the address. */
  readonly filter?: EntityListQuery;
  /** Shown when there is nothing, and nothing is filtered away. */
  readonly empty: ReactNode;
  /** Shown when nothing matches what is searched for. */
  readonly noMatch: ReactNode;
}

/** A list of entities that the server pages, sorts and filters, with what can be done to each. */
export function EntityTable(props: EntityTableProps) {
  const { type, domainId, search, onSearch } = props;
  const columns = useMemo(() => entityColumns(type), [type]);
  const query = { ...entityListQuery(search), ...props.filter };
  const list = useQuery({
    ...entitiesQuery(type, domainId, query),
    placeholderData: keepPreviousData,
  });
  const [asked, setAsked] = useState<{ entity: Entity; dialog: EntityDialog }>();
  const [isDialogOpen, setIsDialogOpen] = useState(false);
  const selection = useSelection<Entity>(entityName);
  const isFiltered = search.q !== undefined || search.status !== undefined;

  return (
    <>
      <FailureNotice error={list.error} onRetry={() => void list.refetch()} />
      {list.isPending && <LoadingRows />}
      {selection.chosen.length > 0 && (
        <EntitySelection type={type} domainId={domainId} selection={selection} />
      )}
      {list.data !== undefined && (
        <DataTable
          name={type}
          label={entityTypes[type].title}
          columns={columns}
          rows={list.data.entities}
          total={list.data.total}
          rowKey={({ id }) => id}
          search={search}
          onSearch={onSearch}
          defaultOrder={{ order: "updated_at", dir: "desc" }}
          isStale={list.isPlaceholderData}
          hasRowLinks
          selection={selection}
          actions={(entity) => (
            <EntityRowMenu
              type={type}
              entity={entity}
              onDialog={(dialog) => {
                setAsked({ entity, dialog });
                setIsDialogOpen(true);
              }}
            />
          )}
          toolbar={
            <>
              <SearchBox
                label={`Search ${capitalized(entityTypes[type].singular)}`}
                text={search.q ?? ""}
                by={search.by ?? "name"}
                choices={[
                  { value: "name", label: "Name" },
                  { value: "id", label: "ID" },
                  { value: "tags", label: "Tags" },
                ]}
                onChange={(q, by) =>
                  onSearch(changeSearch(search, { q, by: by === "name" ? undefined : by }))
                }
              />
              <OrderMenu
                order={search.order}
                dir={search.dir}
                onChange={(order) => onSearch(changeSearch(search, order))}
              />
              <ChoiceMenu
                label="Status"
                value={search.status ?? "enabled"}
                choices={entityStatuses.map((value) => ({ value, label: capitalized(value) }))}
                onChange={(status) =>
                  onSearch(
                    changeSearch(search, { status: status === "enabled" ? undefined : status }),
                  )
                }
              />
            </>
          }
          empty={isFiltered ? props.noMatch : props.empty}
        />
      )}
      {asked !== undefined && (
        <EntityDialogs
          key={asked.entity.id}
          type={type}
          entity={asked.entity}
          dialog={isDialogOpen ? asked.dialog : undefined}
          onClose={() => setIsDialogOpen(false)}
        />
      )}
    </>
  );
}
