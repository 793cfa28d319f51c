import { useNavigate } from "@tanstack/react-router";
import { DomainPicker } from "../../parts/domain-picker.tsx";

interface DomainSwitcherProps {
  readonly domain: { readonly id: string } | undefined;
  readonly onNavigate: () => void;
}

/** Shows the domain one is in and goes to another one. */
export function DomainSwitcher({ domain, onNavigate }: DomainSwitcherProps) {
  const navigate = useNavigate();
  return (
    <DomainPicker
      isLabelHidden
      placeholder="Choose a domain"
      domainId={domain?.id ?? ""}
      onChange={(domainId) => {
        onNavigate();
        void navigate({ to: "/domains/$domainId", params: { domainId } });
      }}
    />
  );
}
