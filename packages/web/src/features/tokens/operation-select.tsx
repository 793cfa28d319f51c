import { Anchor, Box, Group, MultiSelect, Pill, Text, Tooltip } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import type { CatalogueType } from "../../api/catalogue.ts";
import classes from "./scope-rows.module.css";

interface OperationSelectProps {
  readonly type: CatalogueType | undefined;
  readonly operations: readonly string[];
  /** Those that the person may not do themselves. */
  readonly exceeding: ReadonlySet<string>;
  readonly error: string | undefined;
  readonly onChange: (operations: readonly string[]) => void;
}

/** Chooses operations of a type, several at once, each with what it does. */
export function OperationSelect(props: OperationSelectProps) {
  const { type, operations, exceeding, error, onChange } = props;
  const known = type?.operations ?? [];
  const summaries = new Map(known.map(({ name, summary }) => [name, summary]));
  const areAllChosen = known.length > 0 && operations.length === known.length;
  const inCatalogueOrder = (chosen: readonly string[]) =>
    known.flatMap(({ name }) => (chosen.includes(name) ? [name] : []));

  return (
    <Box>
      <MultiSelect
        label="Operation"
        withAsterisk
        searchable
        clearSearchOnChange={false}
        placeholder={operations.length === 0 ? "Select operations" : ""}
        disabled={type === undefined}
        data={known.map(({ name }) => name)}
        value={[...operations]}
        onChange={(chosen) => onChange(inCatalogueOrder(chosen))}
        error={error}
        nothingFoundMessage="No such operation"
        filter={({ options, search }) =>
          options.filter(
            (option) =>
              "value" in option &&
              `${option.value} ${summaries.get(String(option.value))}`
                .toLowerCase()
                .includes(search.trim().toLowerCase()),
          )
        }
        renderOption={({ option, checked }) => (
          <Group gap="sm" wrap="nowrap" w="100%">
            <Box className={classes.check}>{checked === true && <IconCheck size={15} />}</Box>
            <Box>
              <Text size="sm" ff="monospace">
                {option.value}
              </Text>
              <Text size="xs" c="dimmed">
                {summaries.get(String(option.value))}
              </Text>
            </Box>
          </Group>
        )}
        renderPill={({ option, onRemove, disabled }) => {
          const name = String(option?.value ?? "");
          return (
            <Tooltip
              label={
                exceeding.has(name)
                  ? `${summaries.get(name)}: you may not do this yourself now`
                  : summaries.get(name)
              }
            >
              <Pill
                className={classes.pill}
                data-exceeding={exceeding.has(name) || undefined}
                withRemoveButton={disabled !== true}
                removeButtonProps={{ "aria-label": `Remove ${name}`, tabIndex: -1 }}
                {...(onRemove === undefined ? {} : { onRemove })}
              >
                {name}
              </Pill>
            </Tooltip>
          );
        }}
      />
      {known.length > 1 && (
        <Anchor
          component="button"
          type="button"
          size="xs"
          mt={6}
          onClick={() => onChange(areAllChosen ? [] : known.map(({ name }) => name))}
        >
          {areAllChosen ? "Select none" : `Select all ${known.length}`}
        </Anchor>
      )}
    </Box>
  );
}
