import { MultiSelect, type OptionsFilter, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type EntityTypeName, entitiesQuery, entityName } from "../api/entities.ts";
import { renderChoice, renderChosen } from "../ui/choices.tsx";
import { visibleText } from "../words/foreign-text.ts";

interface Choice {
  readonly value: string;
  readonly label: string;
}

interface PickerProps {
  readonly type: EntityTypeName;
  readonly domainId: string;
  readonly label: string;
  readonly placeholder: string;
  readonly description?: string;
  readonly error?: string | undefined;
  readonly isRequired?: boolean;
  /** What is not on offer, by id. */
  readonly without?: readonly string[];
}

/** Chooses one entity by a part of its name. */
export function EntityPicker({
  value,
  onChange,
  ...props
}: PickerProps & {
  readonly value: string | null;
  readonly onChange: (id: string | null) => void;
}) {
  const { found, setTyped, hint } = useFound(props);
  const [chosen, setChosen] = useState<Choice>();
  const own = chosen !== undefined && chosen.value === value ? [chosen] : [];
  return (
    <Select
      {...fieldProps(props, hint)}
      value={value}
      data={unique([...own, ...found])}
      clearable={props.isRequired !== true}
      onSearchChange={(text) => setTyped(text === chosen?.label ? "" : text)}
      onChange={(id) => {
        setChosen(found.find((choice) => choice.value === id));
        onChange(id);
      }}
    />
  );
}

/** Chooses entities by parts of their names. */
export function EntitiesPicker({
  value,
  onChange,
  ...props
}: PickerProps & {
  readonly value: string[];
  readonly onChange: (ids: string[]) => void;
}) {
  const { found, setTyped, hint } = useFound(props);
  const [chosen, setChosen] = useState<readonly Choice[]>([]);
  return (
    <MultiSelect
      {...fieldProps(props, hint)}
      value={value}
      data={unique([...chosen, ...found])}
      hidePickedOptions
      renderPill={renderChosen}
      onSearchChange={setTyped}
      onChange={(ids) => {
        setChosen(unique([...chosen, ...found]).filter((choice) => ids.includes(choice.value)));
        onChange(ids);
      }}
    />
  );
}

function fieldProps(
  { label, placeholder, description, error, isRequired }: PickerProps,
  hint: string,
) {
  return {
    label,
    placeholder,
    description,
    error,
    withAsterisk: isRequired === true,
    searchable: true,
    renderOption: renderChoice,
    // The server has filtered already; what is not typed about stays on offer.
    filter: (({ options }) => options) satisfies OptionsFilter,
    maxDropdownHeight: 260,
    nothingFoundMessage: hint,
  };
}

function useFound({ type, domainId, without = [] }: PickerProps) {
  const [typed, setTyped] = useState("");
  const [text] = useDebouncedValue(typed.trim(), 200);
  const { data, isFetching } = useQuery({
    ...entitiesQuery(type, domainId, {
      limit: 20,
      order: "name",
      dir: "asc",
      ...(text === "" ? {} : { name: text }),
    }),
    placeholderData: keepPreviousData,
  });
  const found = (data?.entities ?? [])
    .filter(({ id }) => !without.includes(id))
    .map((entity) => ({ value: entity.id, label: visibleText(entityName(entity)) }));
  return { found, setTyped, hint: isFetching ? "Looking …" : `No enabled ${type} found` };
}

function unique(choices: readonly Choice[]): Choice[] {
  return [...new Map(choices.map((choice) => [choice.value, choice])).values()];
}
