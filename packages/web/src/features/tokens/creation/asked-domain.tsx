import { DomainPicker } from "../../../parts/domain-picker.tsx";

interface AskedDomainProps {
  readonly domainId: string;
  readonly onChange: (domainId: string) => void;
}

/** In which domain a new token begins, where nothing else tells. */
export function AskedDomain(props: AskedDomainProps) {
  return (
    <DomainPicker
      {...props}
      description="Where the token is to work. Templates and scopes begin there"
      placeholder="Select a domain"
    />
  );
}
