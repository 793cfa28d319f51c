import { Button, Group, NativeSelect, Paper, Pill, Stack, TextInput } from "@mantine/core";
import { IconFilter2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { id as uuid } from "@tessera/sdk";
import { useState } from "react";
import type { AuditPlace } from "../../api/audit.ts";
import { catalogueQuery } from "../../api/catalogue.ts";
import { tokenQuery, tokensQuery } from "../../api/tokens.ts";
import { PeoplePicker } from "../../parts/people-picker.tsx";
import { PersonLabel } from "../../parts/person-label.tsx";
import { Form, useProblems } from "../../ui/form.tsx";
import { Name } from "../../ui/name.tsx";
import { Picker } from "../../ui/picker.tsx";
import { useListed } from "../../ui/use-listed.ts";
import { eventNames, eventText } from "../../words/event-text.ts";
import { visibleText } from "../../words/foreign-text.ts";
import { dateTimeText } from "../../words/time-text.ts";
import classes from "./audit.module.css";
import { type AuditSearch, type FilterName, filterNames } from "./audit-search.ts";

interface AuditFiltersProps {
  readonly place: AuditPlace;
  readonly search: AuditSearch;
  readonly onSearch: (search: AuditSearch) => void;
}

/** What is chosen, each to be taken away again, and the form to choose more. */
export function AuditFilters({ place, search, onSearch }: AuditFiltersProps) {
  const [isOpen, setIsOpen] = useState(false);
  const { after: _, ...filter } = search;
  const chosen = filterNames.filter((name) => filter[name] !== undefined);
  const without = (name: FilterName) => {
    const { [name]: __, ...others } = filter;
    onSearch(others);
  };
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Button
          variant="default"
          aria-expanded={isOpen}
          leftSection={<IconFilter2 size={16} aria-hidden />}
          onClick={() => setIsOpen(!isOpen)}
        >
          Filters
        </Button>
        {chosen.map((name) => (
          <Pill
            key={name}
            size="md"
            withRemoveButton
            removeButtonProps={{
              "aria-label": `Remove the filter ${labels[name]}`,
              "aria-hidden": false,
            }}
            onRemove={() => without(name)}
          >
            {labels[name]}: <Chosen place={place} name={name} value={filter[name] ?? ""} />
          </Pill>
        ))}
      </Group>
      {isOpen && (
        <Paper withBorder p="md">
          {/* What came by another way is what the form begins with. */}
          <FilterForm
            key={JSON.stringify(filter)}
            place={place}
            filter={filter}
            onApply={(next) => onSearch(next)}
          />
        </Paper>
      )}
    </Stack>
  );
}

const labels: Readonly<Record<FilterName, string>> = {
  domain: "Domain",
  actor: "Who",
  token: "Token",
  operation: "What",
  object: "Object",
  outcome: "Outcome",
  address: "Address",
  from: "From",
  to: "Before",
};

const outcomes = [
  { value: "", label: "Any" },
  { value: "allowed", label: "Done" },
  { value: "refused", label: "Refused" },
  { value: "failed", label: "Failed" },
] as const;

interface ChosenProps {
  readonly place: AuditPlace;
  readonly name: FilterName;
  readonly value: string;
}

function Chosen({ place, name, value }: ChosenProps) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const isOwnToken = place.kind === "tokens" && name === "token" && uuid.safeParse(value).success;
  const { data: token } = useQuery({ ...tokenQuery(value), enabled: isOwnToken });
  if (token !== undefined) return <Name>{token.name}</Name>;
  if (name === "actor" && uuid.safeParse(value).success) return <PersonLabel userId={value} />;
  if (name === "operation") return eventText(value, catalogue);
  const time = Date.parse(value);
  if ((name === "from" || name === "to") && !Number.isNaN(time)) return dateTimeText(time);
  const outcome = outcomes.find((known) => name === "outcome" && known.value === value);
  return <Name>{outcome?.label ?? value}</Name>;
}

interface FilterFormProps {
  readonly place: AuditPlace;
  readonly filter: AuditSearch;
  readonly onApply: (filter: AuditSearch) => void;
}

function FilterForm({ place, filter, onApply }: FilterFormProps) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const [draft, setDraft] = useState<AuditSearch>(filter);
  const set = (name: FilterName, value: string | undefined) =>
    setDraft((before) => {
      const { [name]: _, ...others } = before;
      return value === undefined || value === "" ? others : { ...others, [name]: value };
    });
  const events = eventNames(catalogue).map((name) => ({
    value: name,
    label: eventText(name, catalogue),
    hint: name,
  }));
  const listedEvents = useListed(events, "No such operation");
  const problems = useProblems({
    token: idProblem(draft.token),
    domain: draft.domain === "none" ? undefined : idProblem(draft.domain),
    to:
      draft.from !== undefined && draft.to !== undefined && draft.to <= draft.from
        ? "Choose a time after the start"
        : undefined,
  });
  const text = (name: FilterName, placeholder: string, error?: string) => (
    <TextInput
      label={labels[name]}
      placeholder={placeholder}
      value={draft[name] ?? ""}
      error={error}
      onChange={({ currentTarget: { value } }) => set(name, value.trim())}
    />
  );
  const time = (name: "from" | "to", error?: string) => (
    <TextInput
      type="datetime-local"
      label={labels[name]}
      value={localTime(draft[name])}
      error={error}
      onChange={({ currentTarget: { value } }) => set(name, wireTime(value))}
    />
  );
  return (
    <Form
      change={{ isPending: false, error: null }}
      verb="Apply"
      onSubmit={() => problems.attempt(() => onApply(draft))}
      beside={
        <Button variant="default" onClick={() => onApply({})}>
          Clear all
        </Button>
      }
    >
      <div className={classes.fields}>
        {place.kind !== "tokens" && (
          <PeoplePicker
            label={labels.actor}
            isOne
            value={draft.actor === undefined ? [] : [draft.actor]}
            onChange={([userId]) => set("actor", userId)}
          />
        )}
        {place.kind === "tokens" ? (
          <OwnTokenPicker value={draft.token} onChange={(id) => set("token", id)} />
        ) : (
          text("token", "The token's ID", problems.shown.token)
        )}
        <Picker
          {...listedEvents}
          label={labels.operation}
          placeholder="Any"
          isMany={false}
          isClearable
          chosen={events.filter(({ value }) => value === draft.operation)}
          onChoose={([choice]) => set("operation", choice?.value)}
        />
        {text("object", "The object's ID")}
        <NativeSelect
          label={labels.outcome}
          data={outcomes}
          value={draft.outcome ?? ""}
          onChange={({ currentTarget: { value } }) => set("outcome", value)}
        />
        {text("address", "Such as 192.0.2.7")}
        {time("from")}
        {time("to", problems.shown.to)}
        {place.kind === "platform" && text("domain", "Its ID, or none", problems.shown.domain)}
      </div>
    </Form>
  );
}

interface OwnTokenPickerProps {
  readonly value: string | undefined;
  readonly onChange: (tokenId: string | undefined) => void;
}

function OwnTokenPicker({ value, onChange }: OwnTokenPickerProps) {
  const { data } = useQuery(tokensQuery({ status: "all", limit: 100, order: "name", dir: "asc" }));
  const tokens = (data?.pats ?? []).map(({ id, name }) => ({
    value: id,
    label: visibleText(name),
  }));
  const known = tokens.find((token) => token.value === value);
  return (
    <Picker
      {...useListed(tokens, "No such token")}
      label={labels.token}
      placeholder="Any"
      isMany={false}
      isClearable
      chosen={value === undefined ? [] : [known ?? { value, label: value }]}
      onChoose={([choice]) => onChange(choice?.value)}
    />
  );
}

function idProblem(text: string | undefined): string | undefined {
  return text === undefined || uuid.safeParse(text).success ? undefined : "Write the whole ID";
}

/** As a field for times has it, by the reader's clock. */
function localTime(text: string | undefined): string {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  if (Number.isNaN(at)) return "";
  const shifted = at - new Date(at).getTimezoneOffset() * 60_000;
  return new Date(shifted).toISOString().slice(0, 16);
}

function wireTime(local: string): string | undefined {
  const at = Date.parse(local);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
