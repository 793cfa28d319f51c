import { Anchor, Button, Code, FileInput, Group, Progress, Stack, Text } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import {
  type EntityTypeName,
  entityCalls,
  entityTypes,
  type NewEntity,
} from "../../../api/entities.ts";
import { staleEntities } from "../../../api/stale.ts";
import { readAnew } from "../../../api/use-change.ts";
import { randomUuid } from "../../../entity-types/random-secret.ts";
import { Dialog, useTouch } from "../../../ui/dialog.tsx";
import { FailureNotice } from "../../../ui/failure-notice.tsx";
import { Name } from "../../../ui/name.tsx";
import { csvLine } from "./csv-text.ts";
import classes from "./import-dialog.module.css";
import { type ImportLine, importColumns, readImportFile } from "./import-lines.ts";
import { offerDownload, remainingText, reportText } from "./import-report.ts";
import { type LineOutcome, runImport } from "./run-import.ts";

interface ImportDialogProps {
  readonly type: EntityTypeName;
  readonly domainId: string;
  readonly onClose: () => void;
}

const unsent: LineOutcome = { state: "unsent" };
const shownFailures = 200;
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
  const [lines, setLines] = useState<readonly ImportLine[]>([]);
  const [problem, setProblem] = useState<string>();
  const [outcomes, setOutcomes] = useState<ReadonlyMap<ImportLine, LineOutcome>>(new Map());
  const [error, setError] = useState<unknown>(null);
  const [wasRun, setWasRun] = useState(false);
  const [isSaved, setIsSaved] = useState(false);
  const isStopped = useRef(false);
  const uncertain = useRef(new Set<ImportLine>());
  const bodies = useRef(new Map<ImportLine, NewEntity & { readonly id: string }>());
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
  const hasSecrets = [...outcomes.values()].some(
    (outcome) => outcome.state === "created" && outcome.secret !== undefined,
  );
  const isUnsaved = hasSecrets && !isSaved;
  useEffect(() => onUnsaved(isUnsaved), [isUnsaved, onUnsaved]);

  const choose = async (chosen: File | null) => {
    touch();
    onSent(false);
    setFile(chosen);
    setOutcomes(new Map());
    setWasRun(false);
    setError(null);
    const read =
      chosen === null ? { lines: [] } : readImportFile(type, chosen.name, await chosen.text());
    setProblem("problem" in read ? read.problem : undefined);
    setLines("lines" in read ? read.lines : []);
    uncertain.current = new Set();
    bodies.current = new Map(
      ("lines" in read ? read.lines : []).flatMap((line) =>
        line.body === undefined ? [] : [[line, { ...line.body, id: line.body.id ?? newId() }]],
      ),
    );
  };

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
        bodies: bodies.current,
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

  return (
    <Stack>
      <Text size="sm">
        A CSV file whose first line names the columns, or a JSON array of what the API takes. Only{" "}
        <Code>name</Code> must be filled in; tags are separated by semicolons.{" "}
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
        error={problem}
      />
      {lines.length > 0 && (
        <Stack gap={6}>
          <Group justify="space-between">
            <Text size="sm" role="status" aria-live="polite">
              {wasRun
                ? `${created.toLocaleString("en")} created, ${failed.toLocaleString("en")} failed, ${left.toLocaleString("en")} left`
                : `${plural(lines.length, singular)} in the file, ${failed === 0 ? "all of them well-formed" : `${failed.toLocaleString("en")} with mistakes`}`}
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
            <Button
              variant="default"
              onClick={() =>
                offerDownload(
                  `${type}-remaining.csv`,
                  remainingText(importColumns(type), lines, outcomeOf),
                )
              }
            >
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
              {wasRun ? "Go on" : `Create ${plural(left, singular)}`}
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

interface FailuresProps {
  readonly lines: readonly ImportLine[];
  readonly outcomeOf: (line: ImportLine) => LineOutcome;
}

function Failures({ lines, outcomeOf }: FailuresProps) {
  const failures = lines.flatMap((line) => {
    const outcome = outcomeOf(line);
    return outcome.state === "failed" ? [{ line, reason: outcome.reason }] : [];
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
    <section className={classes.failures} aria-label="Lines with mistakes" tabIndex={0}>
      <ul>
        {failures.slice(0, shownFailures).map(({ line, reason }) => (
          <li key={line.number}>
            <strong>{`Line ${line.number}`}</strong>
            {line.name !== "" && (
              <>
                {" "}
                (<Name>{line.name}</Name>)
              </>
            )}
            : <Name>{reason}</Name>
          </li>
        ))}
      </ul>
      {failures.length > shownFailures && (
        <Text size="sm" c="dimmed">
          {`and ${(failures.length - shownFailures).toLocaleString("en")} more, all in the report`}
        </Text>
      )}
    </section>
  );
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

function plural(count: number, singular: string): string {
  return `${count.toLocaleString("en")} ${singular}${count === 1 ? "" : "s"}`;
}

function newId(): string {
  return randomUuid((bytes) => {
    crypto.getRandomValues(bytes);
  });
}
