import { ActionIcon, Button, Group, Loader, Select, Stack, Text, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type CatalogueReply, catalogueQuery } from "../../api/catalogue.ts";
import { domainSearchQuery } from "../../api/domains.ts";
import { useExceedingScopes } from "../../api/exceeding-rights.ts";
import { scopeKey } from "../../api/scope-key.ts";
import { renderChoice } from "../../ui/choices.tsx";
import { visibleText } from "../../words/foreign-text.ts";
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
  const { data: domains } = useQuery(domainSearchQuery(""));
  const exceeding = useExceedingScopes(
    scopesOf(rows.filter((row) => Object.keys(rowProblems(row)).length === 0)),
  );
  if (catalogue === undefined) return <Loader size="sm" />;

  const domainChoices = (domains?.domains ?? []).map(({ id, name }) => ({
    value: id,
    label: visibleText(name),
  }));
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
          domainChoices={domainChoices}
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
  readonly domainChoices: readonly { readonly value: string; readonly label: string }[];
  readonly exceeding: ReadonlySet<string>;
  readonly problems: Partial<Record<keyof ScopeRow, string>>;
  readonly onChange: (row: ScopeRow) => void;
  readonly onRemove: () => void;
}

function ScopeRowEditor(props: ScopeRowEditorProps) {
  const { row, catalogue, domainChoices, exceeding, problems, onChange } = props;
  const type = catalogue.entity_types.find(({ name }) => name === row.entityType);
  // With one domain there is nothing to choose.
  const isDomainShown =
    domainChoices.length > 1 || domainChoices.every(({ value }) => value !== row.domainId);
  return (
    <fieldset
      className={classes.row}
      data-with-domain={isDomainShown}
      aria-label={`Scope ${props.number}`}
    >
      {isDomainShown && (
        <Select
          label="Domain"
          withAsterisk
          searchable
          allowDeselect={false}
          placeholder="Select a domain"
          data={[...domainChoices]}
          renderOption={renderChoice}
          value={row.domainId === "" ? null : row.domainId}
          error={problems.domainId}
          onChange={(id) => id !== null && onChange(withDomain(row, id))}
        />
      )}
      <Select
        label="Entity Type"
        attributes={{ input: { "data-autofocus": true } }}
        withAsterisk
        allowDeselect={false}
        placeholder="Select an entity type"
        data={catalogue.entity_types.map(({ name, title }) => ({ value: name, label: title }))}
        value={row.entityType === "" ? null : row.entityType}
        error={problems.entityType}
        onChange={(name) => {
          const chosen = catalogue.entity_types.find((known) => known.name === name);
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
