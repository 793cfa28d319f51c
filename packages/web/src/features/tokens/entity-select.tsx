import { Group, Select, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconLock } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { allEntities } from "@tessera/sdk";
import { useState } from "react";
import type { CatalogueType } from "../../api/catalogue.ts";
import { domainQuery } from "../../api/domains.ts";
import { entitySearchQuery, isListed, listedEntityQuery } from "../../api/entity-lists.ts";
import { Name } from "../../ui/name.tsx";
import { visibleText } from "../../words/foreign-text.ts";
import type { ScopeRow } from "./scope-rows.ts";

interface EntitySelectProps {
  readonly row: ScopeRow;
  /** `undefined` while none is chosen. */
  readonly type: CatalogueType | undefined;
  readonly error: string | undefined;
  readonly onChange: (entityId: string) => void;
}

/** Chooses the objects of a row: all of the type, or one by name. */
export function EntitySelect(props: EntitySelectProps) {
  const { type, row, error, onChange } = props;
  if (type === undefined) {
    return (
      <TextInput label="Entity" withAsterisk placeholder="Select entity type first" disabled />
    );
  }
  if (type.kind === "domain") return <LockedDomain domainId={row.domainId} />;
  if (isListed(type.kind)) return <ListedEntitySelect {...props} type={type} />;
  return (
    <TextInput
      label="Entity"
      withAsterisk
      description={`An id, or ${allEntities} for all`}
      inputWrapperOrder={["label", "input", "description", "error"]}
      value={row.entityId}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function LockedDomain({ domainId }: { domainId: string }) {
  const { data: domain } = useQuery(domainQuery(domainId));
  return (
    <TextInput
      label="Entity"
      withAsterisk
      readOnly
      value={domain === undefined ? "This domain" : visibleText(domain.name)}
      rightSection={<IconLock size={15} aria-hidden />}
      aria-description="Locked to the current domain"
    />
  );
}

function ListedEntitySelect({
  row,
  type,
  error,
  onChange,
}: EntitySelectProps & { readonly type: CatalogueType }) {
  const [typed, setTyped] = useState("");
  const { data: chosen } = useQuery({
    ...listedEntityQuery(type.name, row.domainId, row.entityId),
    enabled: row.entityId !== allEntities && row.entityId !== "",
  });
  const all = { value: allEntities, label: `All ${type.title.toLowerCase()}` };
  const [text] = useDebouncedValue(
    typed === visibleText(chosen?.name ?? "") || typed === all.label ? "" : typed.trim(),
    200,
  );
  const search = useQuery({
    ...entitySearchQuery(type.name, row.domainId, text),
    placeholderData: keepPreviousData,
  });
  const found = (search.data?.entities ?? []).map(({ id, name }) => ({
    value: id,
    label: visibleText(name) || id,
  }));
  const isOneChosen = row.entityId !== allEntities && row.entityId !== "";
  const own = isOneChosen
    ? [{ value: row.entityId, label: visibleText(chosen?.name ?? "") || row.entityId }]
    : [];
  const more = (search.data?.total ?? 0) - found.length;

  return (
    <Select
      label="Entity"
      withAsterisk
      searchable
      allowDeselect={false}
      placeholder="Search by name"
      data={unique([all, ...own, ...found])}
      // The server has filtered by name already; `All` is always on offer.
      filter={({ options }) => options}
      value={row.entityId === "" ? null : row.entityId}
      onChange={(id) => id !== null && onChange(id)}
      onSearchChange={setTyped}
      error={error}
      nothingFoundMessage="Nothing found"
      comboboxProps={{ position: "bottom-start", styles: { dropdown: { minWidth: 260 } } }}
      renderOption={({ option }) => (
        <Group justify="space-between" wrap="nowrap" gap="xs" w="100%">
          <Text size="sm" truncate fw={option.value === allEntities ? 600 : 400}>
            <Name>{option.label}</Name>
          </Text>
          {option.value === allEntities && (
            <Text size="xs" c="dimmed">
              now and later
            </Text>
          )}
          {option.value === found.at(-1)?.value && more > 0 && (
            <Text size="xs" c="dimmed">
              {more.toLocaleString("en")} more: type to search
            </Text>
          )}
        </Group>
      )}
    />
  );
}

function unique(options: readonly { value: string; label: string }[]) {
  return [...new Map(options.map((option) => [option.value, option])).values()];
}
