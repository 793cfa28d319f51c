import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import {
  isPersonSearch,
  minimumPersonSearch,
  type Person,
  peopleSearchQuery,
  personQuery,
} from "../api/people.ts";
import { Picker } from "../ui/picker.tsx";
import { type Choice, unread } from "../ui/use-picker.ts";
import { useTyped } from "../ui/use-typed.ts";
import { failureText } from "../words/failure-text.ts";
import { isolated } from "../words/foreign-text.ts";
import { personName } from "../words/person-name.ts";

interface PeoplePickerProps {
  readonly label: string;
  readonly value: readonly string[];
  readonly onChange: (userIds: string[]) => void;
  readonly error?: string | undefined;
  readonly isRequired?: boolean;
  /** One at most can be chosen. */
  readonly isOne?: boolean;
}

/** Chooses people by words of their names, or by their whole email addresses. */
export function PeoplePicker(props: PeoplePickerProps) {
  const { label, value, onChange, error, isRequired, isOne = false } = props;
  const { data: one } = useQuery({
    ...personQuery(value[0] ?? ""),
    enabled: isOne && value.length > 0,
  });
  const { text, isTyping, setTyped } = useTyped();
  const search = useInfiniteQuery({
    ...peopleSearchQuery(text),
    placeholderData: keepPreviousData,
  });
  const isSearched = isPersonSearch(text);
  const pages = isSearched ? (search.data?.pages ?? []) : [];
  const people = new Map(pages.flatMap((page) => page.people).map((one) => [one.id, one]));
  return (
    <Picker
      label={label}
      isRequired={isRequired === true}
      placeholder="Name, username or email address"
      error={error}
      isMany={!isOne}
      isClearable={isOne}
      chosen={value.map((id) => (one?.id === id ? choiceOf(one) : unread(id)))}
      onType={setTyped}
      found={{
        choices: [...people.values()].map(choiceOf),
        left: Math.max(0, pages.at(-1)?.left ?? 0),
        isLooking: isTyping || (isSearched && (search.isPending || search.isPlaceholderData)),
        nothing: nothingText(text, isSearched, search.error),
        onMore: () => void search.fetchNextPage(),
      }}
      onChoose={(chosen) => onChange(chosen.map((person) => person.value))}
    />
  );
}

function nothingText(text: string, isSearched: boolean, error: unknown): string {
  if (!isSearched) {
    return text.includes("@")
      ? "Type the whole email address"
      : `Type at least ${minimumPersonSearch} letters of a name, or a whole email address`;
  }
  if (error !== null) {
    const { title, advice } = failureText(error);
    return `${title}. ${advice}`;
  }
  return text.includes("@")
    ? "Nobody with this email address has an account on this server"
    : "Nobody found";
}

function choiceOf(person: Person): Choice {
  const name = isolated(personName(person));
  const username = isolated(person.credentials?.username ?? "");
  const label = username === "" || username === name ? name : `${name} (${username})`;
  return { value: person.id, label };
}
