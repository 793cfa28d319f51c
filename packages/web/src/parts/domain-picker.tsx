import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { domainQuery } from "../api/domains.ts";
import { Picker } from "../ui/picker.tsx";
import type { Choice } from "../ui/use-picker.ts";
import { visibleText } from "../words/foreign-text.ts";
import { useFoundDomains } from "./found.ts";

interface DomainPickerProps {
  readonly isLabelHidden?: boolean;
  readonly placeholder: string;
  readonly error?: string | undefined;
  readonly isRequired?: boolean;
  /** Empty: none is chosen. */
  readonly domainId: string;
  readonly onChange: (domainId: string) => void;
}

/** Chooses one of the domains that one may enter. */
export function DomainPicker({ domainId, onChange, ...props }: DomainPickerProps) {
  /** What was chosen here is called so before it is read again. */
  const [named, setNamed] = useState<Choice>();
  const { data: domain } = useQuery({ ...domainQuery(domainId), enabled: domainId !== "" });
  const read = domain === undefined ? undefined : visibleText(domain.name);
  const known = named?.value === domainId ? named.label : domainId;
  return (
    <Picker
      {...props}
      {...useFoundDomains()}
      label="Domain"
      isMany={false}
      chosen={domainId === "" ? [] : [{ value: domainId, label: read ?? known }]}
      onChoose={([choice]) => {
        if (choice === undefined) return;
        setNamed(choice);
        onChange(choice.value);
      }}
    />
  );
}
