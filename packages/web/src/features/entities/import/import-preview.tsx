import { NativeSelect, Stack, Table, Text } from "@mantine/core";
import type { EntityTypeName } from "../../../api/entities.ts";
import { Name } from "../../../ui/name.tsx";
import { isolated } from "../../../words/foreign-text.ts";
import classes from "./import-dialog.module.css";
import {
  type ColumnChoice,
  type GivenList,
  type GivenTable,
  importColumns,
  nearestColumn,
} from "./import-lines.ts";

const shownRows = 5;
const shownMembers = 8;
/** More do not fit on a line. */
const shownLetters = 200;
const ignored = "";

interface TablePreviewProps {
  readonly type: EntityTypeName;
  readonly table: GivenTable;
  readonly choice: ColumnChoice;
  readonly problem: string | undefined;
  readonly onChange: (choice: ColumnChoice) => void;
}

/** The first rows of a CSV file, and what each of its columns is. */
export function TablePreview({ type, table, choice, problem, onChange }: TablePreviewProps) {
  const titles = table.columns.map(({ title, index }) => title || `Column ${index + 1}`);
  const ignoredAt = choice.flatMap((one, at) => (one === null ? [at] : []));
  const rows = table.records
    .slice(0, shownRows)
    .map(({ line, cells }) => ({ line, cells: table.columns.map(({ index }) => cells[index]) }));
  return (
    <Preview
      titles={titles}
      rows={rows}
      count={table.records.length}
      isIgnored={(at) => choice[at] === null}
      below={(at) => (
        <NativeSelect
          size="xs"
          miw={120}
          aria-label={`The column ${isolated(titles[at] ?? "")} is`}
          data={[
            { value: ignored, label: "Ignored" },
            ...importColumns(type).map((one) => ({ value: one, label: one })),
          ]}
          value={choice[at] ?? ignored}
          onChange={({ currentTarget: { value } }) =>
            onChange(choice.map((one, index) => (index === at ? value || null : one)))
          }
        />
      )}
    >
      {problem !== undefined && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {problem}
        </Text>
      )}
      {ignoredAt.length > 0 && (
        <Text size="sm" c="var(--tessera-warning-text)" component="div">
          {ignoredAt.length === 1 ? "One column is ignored: " : "These columns are ignored: "}
          {ignoredAt.map((at, index) => (
            <span key={titles[at]}>
              {index > 0 && ", "}
              <Name>{titles[at]}</Name>
              <Meant type={type} table={table} at={at} choice={choice} />
            </span>
          ))}
          .
        </Text>
      )}
    </Preview>
  );
}

interface MeantProps {
  readonly type: EntityTypeName;
  readonly table: GivenTable;
  readonly at: number;
  readonly choice: ColumnChoice;
}

/** What the ignored column may have been meant to be, where nothing else is that. */
function Meant({ type, table, at, choice }: MeantProps) {
  const column = table.columns[at];
  const word = column === undefined ? undefined : nearestColumn(type, column);
  return word === undefined || choice.includes(word) ? null : ` (is it ${word}?)`;
}

/** The first elements of a JSON file. */
export function ListPreview({ list }: { readonly list: GivenList }) {
  const elements = list.elements.slice(0, shownRows).map((element) => Object(element) as object);
  const titles = [...new Set(elements.flatMap((element) => Object.keys(element)))];
  const shown = titles.filter(({ length }) => length <= shownLetters).slice(0, shownMembers);
  const rows = elements.map((element, index) => ({
    line: index + 1,
    cells: shown.map((title) => memberText(element, title)),
  }));
  return <Preview titles={shown} rows={rows} count={list.elements.length} />;
}

function memberText(element: object, member: string): string {
  const value: unknown = Object.entries(element).find(([name]) => name === member)?.[1];
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

interface PreviewProps {
  readonly titles: readonly string[];
  /** `line`: where it stands in the file. */
  readonly rows: readonly {
    readonly line: number;
    readonly cells: readonly (string | undefined)[];
  }[];
  /** Of all rows. */
  readonly count: number;
  readonly isIgnored?: (at: number) => boolean;
  /** Stands below a title. */
  readonly below?: (at: number) => React.ReactNode;
  readonly children?: React.ReactNode;
}

function Preview({ titles, rows, count, isIgnored, below, children }: PreviewProps) {
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        {count > rows.length
          ? `The first ${rows.length} of ${count.toLocaleString("en")}, as they were read`
          : "As it was read"}
      </Text>
      <section
        className={classes.preview}
        aria-label="First rows"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
        tabIndex={0}
      >
        <Table horizontalSpacing="sm" verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              {titles.map((title, at) => (
                <Table.Th key={title} data-ignored={isIgnored?.(at) === true}>
                  <Name isLine>{title}</Name>
                  {below?.(at)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(({ line, cells }) => (
              <Table.Tr key={line}>
                {titles.map((title, at) => (
                  <Table.Td key={title} data-ignored={isIgnored?.(at) === true}>
                    <Name isLine>{cells[at]?.slice(0, shownLetters)}</Name>
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
      {children}
    </Stack>
  );
}
