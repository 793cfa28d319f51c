import { useQuery } from "@tanstack/react-query";
import { domainQuery } from "../api/domains.ts";
import { Picker } from "../ui/picker.tsx";
import { visibleText } from "../words/foreign-text.ts";
import { useFoundDomains } from "./found.ts";

interface DomainPickerProps {
  readonly isLabelHidden?: boolean;
  readonly description?: string;
  readonly placeholder: string;
  readonly error?: string | undefined;
  readonly isRequired?: boolean;
  /** Empty: none is chosen. */
  readonly domainId: string;
  readonly onChange: (domainId: string) => void;
}

/** Chooses one of the domains that one may enter. */
export function DomainPicker({ domainId, onChange, ...props }: DomainPickerProps) {
  const { data: domain } = useQuery({ ...domainQuery(domainId), enabled: domainId !== "" });
  const label = domain === undefined ? domainId : visibleText(domain.name);
  return (
    <Picker
      {...props}
      {...useFoundDomains()}
      label="Domain"
      isMany={false}
      chosen={domainId === "" ? [] : [{ value: domainId, label }]}
      onChoose={([choice]) => choice !== undefined && onChange(choice.value)}
    />
  );
}
