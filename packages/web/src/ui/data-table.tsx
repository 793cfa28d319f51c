import { Box, Checkbox, Group, LoadingOverlay, Paper, Table, UnstyledButton } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconSelector } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import {
  type ColumnDef,
  columnVisibilityFeature,
  createColumnHelper,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { type MouseEvent, type ReactNode, useEffect, useEffectEvent, useMemo } from "react";
import { isolated } from "../words/foreign-text.ts";
import { ColumnToggle } from "./column-toggle.tsx";
import classes from "./data-table.module.css";
import { changeSearch, type ListSearch, pageOf } from "./list-search.ts";
import { LoadingRows } from "./loading-rows.tsx";
import { Pager } from "./pager.tsx";
import type { Selection } from "./use-selection.ts";

/** One column; the server sorts by `order` where that is given. */
export interface DataColumn<Row> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  readonly order?: string;
  /** Cannot be hidden: what names the row. */
  readonly isFixed?: boolean;
  readonly isHiddenAtFirst?: boolean;
  /** How much room the table must have for it to show: of 56 or 64 em. */
  readonly room?: "wide" | "widest";
}

interface DataTableProps<Row, Search extends ListSearch> {
  /** Under this name the browser remembers the hidden columns. */
  readonly name: string;
  /** The table's accessible name. */
  readonly label: string;
  readonly columns: readonly DataColumn<Row>[];
  readonly rows: readonly Row[];
  readonly total: number;
  readonly rowKey: (row: Row) => string;
  readonly search: Search;
  readonly onSearch: (search: Search) => void;
  /** What the list is ordered by when its address does not say. */
  readonly defaultOrder?: { readonly order: string; readonly dir: "asc" | "desc" };
  /** Search box and filters, left of the column toggle. */
  readonly toolbar?: ReactNode;
  readonly actions?: (row: Row) => ReactNode;
  /** They are words, which on a card want a line of their own. */
  readonly hasWideActions?: boolean;
  /** A click on a row follows the link in it, as the mouse asks: here or in a tab of its own. */
  readonly hasRowLinks?: boolean;
  /** Rows can be chosen, several at once, over all pages. */
  readonly selection?: Selection<Row>;
  /** Shown instead of rows when there are none. */
  readonly empty: ReactNode;
  /** New rows are under way; the old ones still show. */
  readonly isStale?: boolean;
}

const features = tableFeatures({ columnVisibilityFeature, rowSortingFeature });

/** A table whose rows the server pages, sorts and filters; on narrow screens a list of cards. */
export function DataTable<Row extends object, Search extends ListSearch>(
  props: DataTableProps<Row, Search>,
) {
  const { columns, search, onSearch, defaultOrder } = props;
  const [hidden, setHidden] = useLocalStorage<readonly string[]>({
    key: `tessera-columns-${props.name}`,
    defaultValue: columns.flatMap(({ id, isHiddenAtFirst }) => (isHiddenAtFirst ? [id] : [])),
    getInitialValueInEffect: false,
  });
  const order = search.order ?? defaultOrder?.order;
  const dir = search.dir ?? defaultOrder?.dir;
  const definitions = useMemo(() => columnDefinitions(columns), [columns]);
  const data = useMemo(() => [...props.rows], [props.rows]);
  const table = useTable({
    features,
    columns: definitions,
    data,
    getRowId: props.rowKey,
    manualSorting: true,
    enableSortingRemoval: false,
    state: {
      columnVisibility: Object.fromEntries(hidden.map((id) => [id, false])),
      sorting: sortingState(columns, order, dir),
    },
    onSortingChange: (update) => {
      const old = sortingState(columns, order, dir);
      const [next] = typeof update === "function" ? update(old) : update;
      const column = columns.find(({ id }) => id === next?.id);
      if (next === undefined || column?.order === undefined) return;
      onSearch(
        changeSearch<ListSearch>(search, {
          order: column.order,
          dir: next.desc ? "desc" : "asc",
        }) as Search,
      );
    },
  });
  const rows = table.getRowModel().rows;
  const { selection } = props;
  const roomOf = (id: string) => columns.find((column) => column.id === id)?.room;

  // What was on the last page may be gone: its address then goes to the page that is the last one now.
  const page = search.page ?? 1;
  const lastPage = Math.max(1, Math.ceil(props.total / pageOf(search).limit));
  const isBeyond = page > lastPage && props.isStale !== true;
  const navigate = useNavigate();
  // In the place of the address that led to nothing, so that going back does not come here again.
  const goToLast = useEffectEvent(() => {
    const there = { page: lastPage === 1 ? undefined : lastPage };
    void navigate({
      to: ".",
      search: ((old: object) => ({ ...old, ...there })) as never,
      replace: true,
    });
  });
  useEffect(() => {
    if (isBeyond) goToLast();
  }, [isBeyond]);

  return (
    <Box>
      <Group gap="sm" mb="md" align="stretch">
        {props.toolbar ?? <Box flex={1} />}
        <ColumnToggle
          columns={columns.filter(({ isFixed }) => isFixed !== true)}
          hidden={hidden}
          onChange={setHidden}
        />
      </Group>
      <Paper withBorder className={classes.frame} pos="relative">
        <LoadingOverlay
          visible={props.isStale === true}
          loaderProps={{ type: "dots" }}
          overlayProps={{ backgroundOpacity: 0.4 }}
        />
        {rows.length === 0 ? (
          isBeyond || props.total > 0 ? (
            <LoadingRows />
          ) : (
            props.empty
          )
        ) : (
          <div className={classes.scroll}>
            <Table
              // Where the focus goes when a row that had it is gone.
              tabIndex={-1}
              aria-label={props.label}
              role="table"
              verticalSpacing="sm"
              horizontalSpacing="md"
              className={classes.table}
              data-wide-actions={props.hasWideActions === true}
              tabularNums
            >
              <Table.Thead role="rowgroup">
                {table.getHeaderGroups().map((group) => (
                  <Table.Tr key={group.id} role="row">
                    {selection !== undefined && (
                      <Table.Th role="columnheader" w={1}>
                        <ChooseAll selection={selection} rows={props.rows} label={props.label} />
                      </Table.Th>
                    )}
                    {group.headers.map(({ id, column }) => (
                      <Table.Th
                        key={id}
                        role="columnheader"
                        data-room={roomOf(column.id)}
                        aria-sort={ariaSort(column.getCanSort(), column.getIsSorted())}
                      >
                        <ColumnHeader
                          text={columns.find((known) => known.id === column.id)?.header ?? ""}
                          canSort={column.getCanSort()}
                          sorted={column.getIsSorted()}
                          onSort={() => column.toggleSorting()}
                        />
                      </Table.Th>
                    ))}
                    {props.actions !== undefined && (
                      <Table.Th role="columnheader" w={1}>
                        <span className={classes.hiddenText}>Actions</span>
                      </Table.Th>
                    )}
                  </Table.Tr>
                ))}
              </Table.Thead>
              <Table.Tbody role="rowgroup">
                {rows.map((row) => (
                  <Table.Tr
                    key={row.id}
                    role="row"
                    data-clickable={props.hasRowLinks === true}
                    data-chosen={selection?.isChosen(row.original)}
                    {...(props.hasRowLinks === true ? followingItsLink : {})}
                  >
                    {selection !== undefined && (
                      <Table.Td role="cell" className={classes.choice}>
                        <Checkbox
                          size="xs"
                          aria-label={`Select ${isolated(selection.nameOf(row.original))}`}
                          checked={selection.isChosen(row.original)}
                          onChange={() => selection.toggle([row.original])}
                        />
                      </Table.Td>
                    )}
                    {row.getVisibleCells().map((cell) => {
                      const column = columns.find(({ id }) => id === cell.column.id);
                      return (
                        <Table.Td
                          key={cell.id}
                          role="cell"
                          data-label={column?.header}
                          data-first={column?.isFixed === true}
                          data-room={column?.room}
                        >
                          <div className={classes.value}>{column?.cell(row.original)}</div>
                        </Table.Td>
                      );
                    })}
                    {props.actions !== undefined && (
                      <Table.Td role="cell" className={classes.actions}>
                        {props.actions(row.original)}
                      </Table.Td>
                    )}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        )}
        {props.total > 0 && (
          <Box className={classes.foot}>
            <Pager
              search={search}
              total={props.total}
              onChange={(change) => onSearch(changeSearch<ListSearch>(search, change) as Search)}
            />
          </Box>
        )}
      </Paper>
    </Box>
  );
}

interface ColumnHeaderProps {
  readonly text: string;
  readonly canSort: boolean;
  readonly sorted: false | "asc" | "desc";
  readonly onSort: () => void;
}

function ColumnHeader({ text, canSort, sorted, onSort }: ColumnHeaderProps) {
  if (!canSort) return text;
  const Icon = sorted === "asc" ? IconArrowUp : sorted === "desc" ? IconArrowDown : IconSelector;
  return (
    <UnstyledButton className={classes.sort} onClick={onSort} data-sorted={sorted !== false}>
      {text}
      <Icon size={14} aria-hidden />
    </UnstyledButton>
  );
}

function columnDefinitions<Row extends object>(
  columns: readonly DataColumn<Row>[],
): ColumnDef<typeof features, Row, unknown>[] {
  const helper = createColumnHelper<typeof features, Row>();
  return columns.map((column) =>
    helper.accessor((row: Row) => row, {
      id: column.id,
      header: column.header,
      enableSorting: column.order !== undefined,
      enableHiding: column.isFixed !== true,
      sortDescFirst: false,
    }),
  ) as ColumnDef<typeof features, Row, unknown>[];
}

function sortingState<Row>(
  columns: readonly DataColumn<Row>[],
  order: string | undefined,
  dir: "asc" | "desc" | undefined,
): SortingState {
  const column = columns.find((known) => known.order !== undefined && known.order === order);
  return column === undefined ? [] : [{ id: column.id, desc: dir === "desc" }];
}

function ariaSort(canSort: boolean, sorted: false | "asc" | "desc") {
  if (!canSort) return undefined;
  if (sorted === false) return "none";
  return sorted === "asc" ? "ascending" : "descending";
}

/** What a mouse does to a row that leads somewhere; the link in it is for everybody else. */
const followingItsLink = {
  onClick: (event: MouseEvent<HTMLElement>) => {
    const link = linkOf(event);
    if (link === undefined) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) openApart(link);
    else link.click();
  },
  // The browser would begin to scroll.
  onMouseDown: (event: MouseEvent<HTMLElement>) => {
    if (event.button === middleButton && linkOf(event) !== undefined) event.preventDefault();
  },
  onAuxClick: (event: MouseEvent<HTMLElement>) => {
    const link = linkOf(event);
    if (event.button === middleButton && link !== undefined) openApart(link);
  },
};

const middleButton = 1;

function openApart(link: HTMLAnchorElement): void {
  window.open(link.href, "_blank", "noopener");
}

/** Where a click on the row leads; `undefined` for one on a link, a button or selected text, which is none on the row. */
function linkOf(event: MouseEvent<HTMLElement>): HTMLAnchorElement | undefined {
  const target = event.target instanceof Element ? event.target : null;
  // Menus open in a portal: React tells the row of their clicks too.
  if (target === null || !event.currentTarget.contains(target)) return undefined;
  if (target.closest("a, button, input, label, [role=menu]") !== null) return undefined;
  if ((window.getSelection()?.toString() ?? "") !== "") return undefined;
  return event.currentTarget.querySelector<HTMLAnchorElement>("a[href]") ?? undefined;
}

interface ChooseAllProps<Row> {
  readonly selection: Selection<Row>;
  readonly rows: readonly Row[];
  readonly label: string;
}

function ChooseAll<Row>({ selection, rows, label }: ChooseAllProps<Row>) {
  const count = rows.filter((row) => selection.isChosen(row)).length;
  const isAll = count === rows.length;
  return (
    <Checkbox
      size="xs"
      label="Select all on this page"
      aria-label={`Select all on this page: ${label}`}
      classNames={{ labelWrapper: classes.chooseAll ?? "" }}
      checked={isAll}
      indeterminate={count > 0 && !isAll}
      onChange={() =>
        selection.toggle(isAll ? rows : rows.filter((row) => !selection.isChosen(row)))
      }
    />
  );
}
