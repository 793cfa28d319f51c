import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSelector } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { domainSearchQuery } from "../../api/domains.ts";
import { renderChoice } from "../../ui/choices.tsx";
import { visibleText } from "../../words/foreign-text.ts";

interface DomainSwitcherProps {
  readonly domain: { readonly id: string; readonly name: string } | undefined;
  readonly onNavigate: () => void;
}

/** Shows the domain one is in and goes to another one. */
export function DomainSwitcher({ domain, onNavigate }: DomainSwitcherProps) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const [text] = useDebouncedValue(typed === visibleText(domain?.name ?? "") ? "" : typed, 200);
  const { data } = useQuery({ ...domainSearchQuery(text), placeholderData: keepPreviousData });
  const found = data?.domains ?? [];
  const isHere = domain === undefined || found.some(({ id }) => id === domain.id);
  const choices = isHere || text !== "" ? found : [domain, ...found];

  return (
    <Select
      aria-label="Domain"
      placeholder={found.length === 0 ? "No domain yet" : "Choose a domain"}
      searchable
      renderOption={renderChoice}
      value={domain?.id ?? null}
      data={choices.map(({ id, name }) => ({ value: id, label: visibleText(name) }))}
      // The server has filtered already.
      filter={({ options }) => options}
      onSearchChange={setTyped}
      nothingFoundMessage="No such domain"
      rightSection={<IconSelector size={16} aria-hidden />}
      allowDeselect={false}
      onChange={(domainId) => {
        if (domainId === null) return;
        onNavigate();
        void navigate({ to: "/domains/$domainId", params: { domainId } });
      }}
    />
  );
}
