import { MultiSelect } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { minimumPersonSearch, type Person, peopleSearchQuery } from "../api/people.ts";
import { renderChoice, renderChosen } from "../ui/choices.tsx";
import { isolated } from "../words/foreign-text.ts";
import { personName } from "../words/person-name.ts";

interface PeoplePickerProps {
  readonly label: string;
  readonly value: string[];
  readonly onChange: (userIds: string[]) => void;
  readonly error?: string | undefined;
  readonly isRequired?: boolean;
}

/** Chooses people by parts of their names. */
export function PeoplePicker({ label, value, onChange, error, isRequired }: PeoplePickerProps) {
  const [typed, setTyped] = useState("");
  const [text] = useDebouncedValue(typed.trim(), 250);
  const search = useQuery({ ...peopleSearchQuery(text), placeholderData: keepPreviousData });
  const [chosen, setChosen] = useState<readonly Person[]>([]);
  const found = text.length < minimumPersonSearch ? [] : (search.data ?? []);
  const known = [...new Map([...chosen, ...found].map((person) => [person.id, person])).values()];
  const hint = () => {
    if (typed.trim().length < minimumPersonSearch) {
      return `Type at least ${minimumPersonSearch} letters of a name`;
    }
    return search.isFetching || text !== typed.trim() ? "Looking …" : "Nobody found";
  };
  return (
    <MultiSelect
      label={label}
      withAsterisk={isRequired === true}
      placeholder="Search for user(s)"
      searchable
      hidePickedOptions
      renderOption={renderChoice}
      renderPill={renderChosen}
      value={value}
      data={known.map((person) => ({ value: person.id, label: labelOf(person) }))}
      // The server has filtered already.
      filter={({ options }) => options}
      onSearchChange={setTyped}
      nothingFoundMessage={hint()}
      maxDropdownHeight={260}
      error={error}
      onChange={(userIds) => {
        setChosen(known.filter(({ id }) => userIds.includes(id)));
        onChange(userIds);
      }}
    />
  );
}

function labelOf(person: Person): string {
  const name = isolated(personName(person));
  const username = isolated(person.credentials?.username ?? "");
  return username === "" || username === name ? name : `${name} (${username})`;
}
