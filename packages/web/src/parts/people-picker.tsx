import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { minimumPersonSearch, type Person, peopleSearchQuery } from "../api/people.ts";
import { Picker } from "../ui/picker.tsx";
import { type Choice, unread } from "../ui/use-picker.ts";
import { useTyped } from "../ui/use-typed.ts";
import { isolated } from "../words/foreign-text.ts";
import { personName } from "../words/person-name.ts";

interface PeoplePickerProps {
  readonly label: string;
  readonly value: readonly string[];
  readonly onChange: (userIds: string[]) => void;
  readonly error?: string | undefined;
  readonly isRequired?: boolean;
}

/** Chooses people by words of their names. */
export function PeoplePicker({ label, value, onChange, error, isRequired }: PeoplePickerProps) {
  const { text, isTyping, setTyped } = useTyped();
  const search = useQuery({ ...peopleSearchQuery(text), placeholderData: keepPreviousData });
  const isTooShort = text.length < minimumPersonSearch;
  const found = isTooShort ? [] : (search.data ?? []).map(choiceOf);
  return (
    <Picker
      label={label}
      isRequired={isRequired === true}
      placeholder="Search for user(s)"
      error={error}
      isMany
      chosen={value.map(unread)}
      onType={setTyped}
      found={{
        choices: found,
        left: 0,
        isLooking: isTyping || (!isTooShort && (search.isPending || search.isPlaceholderData)),
        nothing: isTooShort
          ? `Type at least ${minimumPersonSearch} letters of a name`
          : "Nobody found",
      }}
      onChoose={(people) => onChange(people.map((person) => person.value))}
    />
  );
}

function choiceOf(person: Person): Choice {
  const name = isolated(personName(person));
  const username = isolated(person.credentials?.username ?? "");
  const label = username === "" || username === name ? name : `${name} (${username})`;
  return { value: person.id, label };
}
