import { useQuery } from "@tanstack/react-query";
import { catalogueQuery } from "../../../api/catalogue.ts";
import { Picker } from "../../../ui/picker.tsx";
import { useListed } from "../../../ui/use-listed.ts";
import { alsoCalledWords } from "../../../words/operation-words.ts";
import { type ScopeRow, withToggled } from "../scope-rows.ts";

interface OperationSearchProps {
  readonly rows: readonly ScopeRow[];
  /** Where an operation goes for which no row has begun. */
  readonly domainId: string;
  readonly onChange: (rows: readonly ScopeRow[]) => void;
}

/** One search over all operations of all types; what is chosen becomes part of a row, whose object is still to be chosen. */
export function OperationSearch({ rows, domainId, onChange }: OperationSearchProps) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const operations = (catalogue?.entity_types ?? []).flatMap((type) =>
    type.operations.map(({ name, summary }) => ({
      value: `${type.name}.${name}`,
      label: summary,
      hint: `${type.title}: ${name}${name === "update" ? " (also renames)" : ""}`,
      alsoCalled: alsoCalledWords(name),
      type,
      name,
    })),
  );
  const listed = useListed(operations, "No operation matches");
  return (
    <Picker
      {...listed}
      label="Find what it should do"
      placeholder="rename, subgroup, invitation …"
      isMany={false}
      chosen={[]}
      onChoose={([choice]) => {
        const found = operations.find(({ value }) => value === choice?.value);
        if (found !== undefined) onChange(withToggled(rows, domainId, found.type, found.name));
      }}
    />
  );
}
