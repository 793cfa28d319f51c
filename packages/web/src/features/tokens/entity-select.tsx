import { TextInput } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { allEntities } from "@tessera/sdk";
import type { CatalogueType } from "../../api/catalogue.ts";
import { domainQuery } from "../../api/domains.ts";
import { isListed, listedEntityQuery } from "../../api/entity-lists.ts";
import { useChoices, useFoundEntities } from "../../parts/found.ts";
import { Picker } from "../../ui/picker.tsx";
import { visibleText } from "../../words/foreign-text.ts";
import type { ScopeRow } from "./scope-rows.ts";

interface EntitySelectProps {
  readonly row: ScopeRow;
  /** `undefined` while none is chosen. */
  readonly type: CatalogueType | undefined;
  readonly error: string | undefined;
  /** All of the type are nothing to choose. */
  readonly isOne?: boolean;
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
  if (isListed(type.kind)) {
    // What was found of another type is nothing to choose from.
    return <ListedEntitySelect key={`${row.domainId} ${type.name}`} {...props} type={type} />;
  }
  return (
    <TextInput
      label="Entity"
      withAsterisk
      description={props.isOne === true ? "Its id" : `An id, or ${allEntities} for all`}
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
  isOne = false,
  onChange,
}: EntitySelectProps & { readonly type: CatalogueType }) {
  const isOneChosen = row.entityId !== allEntities && row.entityId !== "";
  const { data: one } = useQuery({
    ...listedEntityQuery(type.name, row.domainId, row.entityId),
    enabled: isOneChosen,
  });
  const all = {
    value: allEntities,
    label: `All ${type.title.toLowerCase()}`,
    hint: "Those there are now, and those that come later",
  };
  const chosen = useChoices(
    type.name,
    row.domainId,
    isOneChosen ? [one ?? { id: row.entityId, name: "", status: "" }] : [],
  );
  const finding = useFoundEntities({
    type: type.name,
    domainId: row.domainId,
    status: "all",
    nothing: `No ${type.title.toLowerCase()} found in this domain`,
  });
  return (
    <Picker
      {...finding}
      label="Entity"
      isRequired
      placeholder="Search by name"
      {...(isOne ? {} : { pinned: all })}
      isMany={false}
      chosen={row.entityId === allEntities ? [all] : chosen}
      onChoose={([choice]) => choice !== undefined && onChange(choice.value)}
      error={error}
    />
  );
}
