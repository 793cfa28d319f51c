import { Anchor, Button, Code, FileInput, Group, Progress, Stack, Text } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { type EntityTypeName, entityCalls, entityTypes } from "../../../api/entities.ts";
import { staleEntities } from "../../../api/stale.ts";
import { readAnew } from "../../../api/use-change.ts";
import { randomUuid } from "../../../entity-types/random-secret.ts";
import { Dialog, useTouch } from "../../../ui/dialog.tsx";
import { FailureNotice } from "../../../ui/failure-notice.tsx";
import { Name } from "../../../ui/name.tsx";
import { offerDownload } from "../../../ui/offer-download.ts";
import { counted } from "../../../words/counted.ts";
import { csvLine } from "./csv-text.ts";
import { EncodingChoice } from "./encoding-choice.tsx";
import { Failures } from "./import-failures.tsx";
import {
  type ColumnChoice,
  columnProblem,
  guessColumns,
  type ImportLine,
  importColumns,
  linesOfList,
  linesOfTable,
  readGivenFile,
} from "./import-lines.ts";
import { ListPreview, TablePreview } from "./import-preview.tsx";
import { remainingOfList, remainingOfTable, reportText } from "./import-report.ts";
import { type LineOutcome, runImport } from "./run-import.ts";
import { decode, type Encoding, recogniseEncoding } from "./text-encoding.ts";

interface ImportDialogProps {
  readonly type: EntityTypeName;
  readonly domainId: string;
  readonly onClose: () => void;
}

const unsent: LineOutcome = { state: "unsent" };
/** Showing every single line of a long file would take longer than sending it. */
const millisecondsBetweenLooks = 200;

/** Creates many entities from a file, and tells of every line what became of it. */
export function ImportDialog(props: ImportDialogProps) {
  const { type, onClose } = props;
  const [isBusy, setIsBusy] = useState(false);
  const [isUnsaved, setIsUnsaved] = useState(false);
  const [isSent, setIsSent] = useState(false);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      isBusy={isBusy}
      isSent={isSent}
      loss={isUnsaved ? "The secrets of the new clients cannot be shown again." : undefined}
      size="xl"
      title={`Upload ${entityTypes[type].title}`}
    >
      <ImportForm
        {...props}
        isBusy={isBusy}
        onBusy={setIsBusy}
        onUnsaved={setIsUnsaved}
        onSent={setIsSent}
      />
    </Dialog>
  );
}

interface ImportFormProps extends ImportDialogProps {
  readonly isBusy: boolean;
  readonly onBusy: (isBusy: boolean) => void;
  /** Secrets were made that are written down nowhere yet. */
  readonly onUnsaved: (isUnsaved: boolean) => void;
  /** Whether the file that was chosen has been sent. */
  readonly onSent: (isSent: boolean) => void;
}

function ImportForm(props: ImportFormProps) {
  const { type, domainId, onClose, isBusy, onBusy, onUnsaved, onSent } = props;
  const queryClient = useQueryClient();
  const touch = useTouch();
  const [file, setFile] = useState<File | null>(null);
  const [bytes, setBytes] = useState<Uint8Array<ArrayBuffer>>();
  const [encoding, setEncoding] = useState<Encoding>();
  const [choice, setChoice] = useState<ColumnChoice>([]);
  const [outcomes, setOutcomes] = useState<ReadonlyMap<ImportLine, LineOutcome>>(new Map());
  const [error, setError] = useState<unknown>(null);
  const [wasRun, setWasRun] = useState(false);
  const [isSaved, setIsSaved] = useState(false);
  const isStopped = useRef(false);
  // What nobody sees any more does not go on.
  useEffect(
    () => () => {
      isStopped.current = true;
    },
    [],
  );
  const uncertain = useRef(new Set<ImportLine>());
  const text = useMemo(
    () => (bytes === undefined || encoding === undefined ? undefined : decode(bytes, encoding)),
    [bytes, encoding],
  );
  const given = useMemo(
    () => (text === undefined ? undefined : readGivenFile(file?.name ?? "", text)),
    [file, text],
  );
  const table = given !== undefined && "kind" in given && given.kind === "csv" ? given : undefined;
  const list = given !== undefined && "kind" in given && given.kind === "json" ? given : undefined;
  const wrongColumns = table === undefined ? undefined : columnProblem(choice);
  const lines = useMemo(() => {
    if (list !== undefined) return linesOfList(type, list);
    if (table === undefined || wrongColumns !== undefined) return [];
    return linesOfTable(type, table, choice);
  }, [type, list, table, choice, wrongColumns]);
  /** The ids are chosen here, so that what was sent twice is known again. */
  const bodies = useMemo(
    () =>
      new Map(
        lines.flatMap((line) =>
          line.body === undefined
            ? []
            : [[line, { ...line.body, id: line.body.id ?? newId() }] as const],
        ),
      ),
    [lines],
  );
  const singular = entityTypes[type].singular;

  const outcomeOf = (line: ImportLine): LineOutcome =>
    line.problem === undefined
      ? (outcomes.get(line) ?? unsent)
      : { state: "failed", reason: line.problem };
  const states = lines.map((line) => outcomeOf(line).state);
  const count = (state: LineOutcome["state"]) => states.filter((one) => one === state).length;
  const created = count("created");
  const failed = count("failed");
  const left = count("unsent");
  const hasSecrets = [...outcomes].some(
    ([line, outcome]) =>
      outcome.state === "created" && outcome.secret !== undefined && !line.hasSecret,
  );
  const isUnsaved = hasSecrets && !isSaved;
  useEffect(() => onUnsaved(isUnsaved), [isUnsaved, onUnsaved]);

  const begin = (chosen: File | null, its: Uint8Array<ArrayBuffer> | undefined) => {
    touch();
    onSent(false);
    setFile(chosen);
    setOutcomes(new Map());
    setWasRun(false);
    setError(null);
    uncertain.current = new Set();
    setBytes(its);
    readAs(its === undefined ? undefined : recogniseEncoding(its), chosen, its);
  };
  const readAs = (
    next: Encoding | undefined,
    from: File | null = file,
    its: Uint8Array<ArrayBuffer> | undefined = bytes,
  ) => {
    setEncoding(next);
    if (its === undefined || next === undefined) return;
    const read = readGivenFile(from?.name ?? "", decode(its, next));
    const columns = "kind" in read && read.kind === "csv" ? read.columns : [];
    setChoice(guessColumns(type, columns));
  };
  const choose = async (chosen: File | null) =>
    begin(chosen, chosen === null ? undefined : new Uint8Array(await chosen.arrayBuffer()));

  const run = async () => {
    const known = new Map(outcomes);
    let shownAt = 0;
    isStopped.current = false;
    onBusy(true);
    onSent(true);
    setWasRun(true);
    setIsSaved(false);
    setError(null);
    try {
      await runImport({
        lines: lines.filter((line) => outcomeOf(line).state === "unsent"),
        bodies,
        uncertain: uncertain.current,
        isStopped: () => isStopped.current,
        onOutcome: (line, outcome) => {
          known.set(line, outcome);
          if (Date.now() - shownAt < millisecondsBetweenLooks) return;
          shownAt = Date.now();
          setOutcomes(new Map(known));
        },
        create: async (portion) => {
          const reply = await entityCalls[type].create_bulk({ domainId, body: portion });
          return reply[type] ?? [];
        },
      });
    } catch (failure) {
      setError(failure);
    } finally {
      setOutcomes(new Map(known));
      onBusy(false);
      await readAnew(queryClient, staleEntities(domainId));
    }
  };

  const offerRemaining = () => {
    if (list !== undefined) {
      offerDownload(`${type}-remaining.json`, remainingOfList(list, lines, outcomeOf));
    } else if (table !== undefined && bytes !== undefined && text !== undefined && encoding) {
      const remaining = remainingOfTable({ bytes, text, encoding }, table, lines, outcomeOf);
      offerDownload(`${type}-remaining.csv`, remaining);
    }
  };

  return (
    <Stack>
      <Text size="sm">
        A CSV file whose first line names the columns, or a JSON array of what the API takes. Only{" "}
        <Code>name</Code> must be filled in; tags are separated by semicolons. Nothing is created
        before you have seen the first rows.{" "}
        <Anchor
          component="button"
          type="button"
          inherit
          underline="always"
          onClick={() => offerDownload(`${type}.csv`, sampleText(type))}
        >
          Get a sample file
        </Anchor>
      </Text>
      <FileInput
        label="CSV or JSON file"
        placeholder="Choose a file"
        accept=".csv,.json,text/csv,application/json"
        leftSection={<IconFileUpload size={16} aria-hidden />}
        value={file}
        valueComponent={FileName}
        disabled={isBusy}
        clearable
        clearButtonProps={{ "aria-label": "Take another file" }}
        onChange={(chosen) => void choose(chosen)}
        error={given !== undefined && "problem" in given && given.problem}
      />
      {bytes !== undefined && (
        <EncodingChoice
          key={`${file?.name} ${file?.lastModified}`}
          bytes={bytes}
          encoding={encoding}
          isDisabled={wasRun}
          onChange={readAs}
        />
      )}
      {!wasRun && list !== undefined && <ListPreview list={list} />}
      {!wasRun && table !== undefined && (
        <TablePreview
          type={type}
          table={table}
          choice={choice}
          problem={wrongColumns}
          onChange={setChoice}
        />
      )}
      {lines.length > 0 && (
        <Stack gap={6}>
          <Group justify="space-between">
            <Text size="sm" role="status" aria-live="polite">
              {wasRun
                ? `${created.toLocaleString("en")} created, ${failed.toLocaleString("en")} failed, ${left.toLocaleString("en")} left`
                : `${counted(lines.length, singular)} in the file, ${failed === 0 ? "all of them well-formed" : `${failed.toLocaleString("en")} with mistakes`}`}
            </Text>
          </Group>
          {wasRun && (
            <Progress.Root size={10}>
              <Progress.Section
                value={(100 * created) / lines.length}
                color="verdigris"
                aria-label="Created"
              />
              <Progress.Section
                value={(100 * failed) / lines.length}
                color="brick"
                aria-label="Failed"
              />
            </Progress.Root>
          )}
        </Stack>
      )}
      <FailureNotice error={error} />
      {failed > 0 && <Failures lines={lines} outcomeOf={outcomeOf} />}
      {isUnsaved && !isBusy && (
        <Text size="sm" fw={500}>
          The report holds the secrets of the new clients. They cannot be shown again: download it
          before you close.
        </Text>
      )}
      <Group justify="flex-end">
        <Group gap="sm">
          {wasRun && !isBusy && (
            <Button
              variant={isUnsaved ? "filled" : "default"}
              onClick={() => {
                offerDownload(`${type}-report.csv`, reportText(lines, outcomeOf));
                setIsSaved(true);
              }}
            >
              Download the report
            </Button>
          )}
          {wasRun && !isBusy && failed + left > 0 && (
            <Button variant="default" onClick={() => offerRemaining()}>
              Download what is left
            </Button>
          )}
        </Group>
        <Group gap="sm">
          {isBusy ? (
            <Button
              variant="default"
              onClick={() => {
                isStopped.current = true;
              }}
            >
              Stop
            </Button>
          ) : (
            <Button variant="default" {...(isUnsaved ? { color: "brick" } : {})} onClick={onClose}>
              {isUnsaved ? "Close without the secrets" : "Close"}
            </Button>
          )}
          {(left > 0 || isBusy) && (
            <Button loading={isBusy} onClick={() => void run()}>
              {wasRun ? "Go on" : `Create ${counted(left, singular)}`}
            </Button>
          )}
        </Group>
      </Group>
    </Stack>
  );
}

function FileName({ value }: { readonly value: null | File | File[] }) {
  return <Name isLine>{[value].flat()[0]?.name}</Name>;
}

function sampleText(type: EntityTypeName): string {
  const columns = importColumns(type).filter((column) => column !== "id" && !column.includes("_"));
  const sample: Readonly<Record<string, string>> = {
    tags: "pump;north",
    metadata: '{"floor": 2}',
    status: "enabled",
  };
  const rows = [1, 2].map((number) =>
    csvLine(
      columns.map((column) =>
        column === "name" ? `${entityTypes[type].singular} ${number}` : (sample[column] ?? ""),
      ),
    ),
  );
  return `${[csvLine(columns), ...rows].join("\n")}\n`;
}

function newId(): string {
  return randomUuid((bytes) => {
    crypto.getRandomValues(bytes);
  });
}
