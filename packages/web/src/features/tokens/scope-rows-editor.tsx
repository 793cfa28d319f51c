import { ActionIcon, Button, Group, Loader, Stack, Text, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type CatalogueReply, catalogueQuery } from "../../api/catalogue.ts";
import { firstDomainQuery } from "../../api/domains.ts";
import { useExceedingScopes } from "../../api/exceeding-rights.ts";
import { scopeKey } from "../../api/scope-key.ts";
import { DomainPicker } from "../../parts/domain-picker.tsx";
import { Picker } from "../../ui/picker.tsx";
import { useListed } from "../../ui/use-listed.ts";
import { EntitySelect } from "./entity-select.tsx";
import { OperationSelect } from "./operation-select.tsx";
import classes from "./scope-rows.module.css";
import {
  emptyRow,
  rowProblems,
  type ScopeRow,
  scopesOf,
  withDomain,
  withType,
} from "./scope-rows.ts";

interface ScopeRowsEditorProps {
  readonly rows: readonly ScopeRow[];
  /** Where new rows begin. */
  readonly domainId: string;
  /** Whether to say what is missing. */
  readonly areProblemsShown: boolean;
  readonly onChange: (rows: readonly ScopeRow[]) => void;
}

/** Scopes as rows: entity type, entity, operations. */
export function ScopeRowsEditor(props: ScopeRowsEditorProps) {
  const { rows, domainId, onChange } = props;
  const { data: catalogue } = useQuery(catalogueQuery);
  const { data: domains } = useQuery(firstDomainQuery);
  const exceeding = useExceedingScopes(
    scopesOf(rows.filter((row) => Object.keys(rowProblems(row)).length === 0)),
  );
  if (catalogue === undefined) return <Loader size="sm" />;

  // With one domain there is nothing to choose.
  const isDomainShown = rows.some(
    ({ domainId: chosen }) => (domains?.total ?? 0) > 1 || chosen !== domains?.first?.id,
  );
  const replace = (changed: ScopeRow) =>
    onChange(rows.map((row) => (row.key === changed.key ? changed : row)));
  return (
    <Stack gap="sm" className={classes.rows}>
      {rows.map((row, index) => (
        <ScopeRowEditor
          key={row.key}
          row={row}
          number={index + 1}
          catalogue={catalogue}
          isDomainShown={isDomainShown}
          exceeding={exceedingOperations(row, exceeding)}
          problems={props.areProblemsShown ? rowProblems(row) : {}}
          onChange={replace}
          onRemove={() => onChange(rows.filter(({ key }) => key !== row.key))}
        />
      ))}
      <Group>
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => onChange([...rows, emptyRow(rows, domainId)])}
        >
          Add Scope
        </Button>
      </Group>
    </Stack>
  );
}

interface ScopeRowEditorProps {
  readonly row: ScopeRow;
  /** From 1, to tell rows apart by ear. */
  readonly number: number;
  readonly catalogue: CatalogueReply;
  readonly isDomainShown: boolean;
  readonly exceeding: ReadonlySet<string>;
  readonly problems: Partial<Record<keyof ScopeRow, string>>;
  readonly onChange: (row: ScopeRow) => void;
  readonly onRemove: () => void;
}

function ScopeRowEditor(props: ScopeRowEditorProps) {
  const { row, catalogue, isDomainShown, exceeding, problems, onChange } = props;
  const type = catalogue.entity_types.find(({ name }) => name === row.entityType);
  const types = catalogue.entity_types.map(({ name, title }) => ({ value: name, label: title }));
  const listedTypes = useListed(types, "No such type");
  return (
    <fieldset
      className={classes.row}
      data-with-domain={isDomainShown}
      aria-label={`Scope ${props.number}`}
    >
      {isDomainShown && (
        <DomainPicker
          isRequired
          placeholder="Select a domain"
          domainId={row.domainId}
          error={problems.domainId}
          onChange={(id) => onChange(withDomain(row, id))}
        />
      )}
      <Picker
        {...listedTypes}
        label="Entity Type"
        isFirst
        isRequired
        placeholder="Select an entity type"
        isMany={false}
        chosen={types.filter(({ value }) => value === row.entityType)}
        error={problems.entityType}
        onChoose={([choice]) => {
          const chosen = catalogue.entity_types.find(({ name }) => name === choice?.value);
          if (chosen !== undefined) onChange(withType(row, chosen));
        }}
      />
      <EntitySelect
        row={row}
        type={type}
        error={problems.entityId}
        onChange={(entityId) => onChange({ ...row, entityId })}
      />
      <div className={classes.operations}>
        <OperationSelect
          type={type}
          operations={row.operations}
          exceeding={exceeding}
          error={problems.operations}
          onChange={(operations) => onChange({ ...row, operations })}
        />
      </div>
      <div className={classes.remove}>
        <Tooltip label="Remove this scope">
          <ActionIcon
            variant="default"
            size={34}
            aria-label={`Remove scope ${props.number}`}
            onClick={props.onRemove}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </div>
      {exceeding.size > 0 && (
        <Group className={classes.note} gap={6} wrap="nowrap" align="flex-start" role="note">
          <IconAlertTriangle size={15} aria-hidden className={classes.warning} />
          <Text size="xs" c="var(--tessera-warning-text)">
            Exceeds your own rights: {[...exceeding].join(", ")}. The token can do this only once
            you may.
          </Text>
        </Group>
      )}
    </fieldset>
  );
}

function exceedingOperations(row: ScopeRow, exceeding: ReadonlySet<string>): ReadonlySet<string> {
  const keyed = scopesOf([row]).filter((scope) => exceeding.has(scopeKey(scope)));
  return new Set(keyed.map(({ operation }) => operation));
}
