import { Anchor, Box, Pill, Tooltip } from "@mantine/core";
import type { CatalogueType } from "../../api/catalogue.ts";
import { Picker } from "../../ui/picker.tsx";
import { useListed } from "../../ui/use-listed.ts";
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
  const known = (type?.operations ?? []).map(({ name, summary }) => ({
    value: name,
    label: name,
    hint: summary,
  }));
  const areAllChosen = known.length > 0 && operations.length === known.length;
  const listed = useListed(known, "No such operation");
  return (
    <Box>
      <Picker
        {...listed}
        label="Operation"
        isRequired
        placeholder="Select operations"
        isDisabled={type === undefined}
        isCode
        isMany
        chosen={known.filter(({ value }) => operations.includes(value))}
        onChoose={(chosen) => {
          const names = new Set(chosen.map(({ value }) => value));
          onChange(known.flatMap(({ value }) => (names.has(value) ? [value] : [])));
        }}
        error={error}
        renderPill={({ value, hint }, remove) => (
          <Tooltip
            key={value}
            label={exceeding.has(value) ? `${hint}: you may not do this yourself now` : hint}
          >
            <Pill
              className={classes.pill}
              data-exceeding={exceeding.has(value) || undefined}
              withRemoveButton
              removeButtonProps={{ "aria-label": `Remove ${value}`, "aria-hidden": false }}
              onRemove={remove}
            >
              {value}
            </Pill>
          </Tooltip>
        )}
      />
      {known.length > 1 && (
        <Anchor
          component="button"
          type="button"
          size="xs"
          mt={6}
          onClick={() => onChange(areAllChosen ? [] : known.map(({ value }) => value))}
        >
          {areAllChosen ? "Select none" : `Select all ${known.length}`}
        </Anchor>
      )}
    </Box>
  );
}
