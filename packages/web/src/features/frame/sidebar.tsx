import { CloseButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { profileQuery } from "../../api/profile.ts";
import { useHeldActions } from "../../api/rights.ts";
import { useCurrentDomain } from "../../parts/current-domain.ts";
import { Logo } from "../../ui/logo.tsx";
import classes from "./app-frame.module.css";
import { DomainSwitcher } from "./domain-switcher.tsx";
import { domainLinks, entityLinks, personalLinks, serverLinks } from "./navigation.ts";

interface SidebarProps {
  /** It lies over the page and was opened just now. */
  readonly isOver: boolean;
  readonly onNavigate: () => void;
  readonly onClose: () => void;
}

/** The ways to everywhere: first in the domain, then what is the person's own. */
export function Sidebar({ isOver, onNavigate, onClose }: SidebarProps) {
  const { domain } = useCurrentDomain();
  const closeButton = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isOver) closeButton.current?.focus();
  }, [isOver]);
  const { data: person } = useQuery(profileQuery);
  return (
    <div className={classes.sidebar}>
      <div className={classes.brand}>
        <Link to="/" aria-label="Tessera, to the start" onClick={onNavigate}>
          <Logo withName />
        </Link>
        <CloseButton
          ref={closeButton}
          hiddenFrom="sm"
          aria-label="Close the menu"
          onClick={onClose}
        />
      </div>
      <DomainSwitcher domain={domain} onNavigate={onNavigate} />
      {domain !== undefined && <DomainLinks domainId={domain.id} onNavigate={onNavigate} />}
      <div className={classes.section}>Yours</div>
      <PlainLinks links={personalLinks} onNavigate={onNavigate} />
      {person?.role === "admin" && (
        <>
          <div className={classes.section}>Server</div>
          <PlainLinks links={serverLinks} onNavigate={onNavigate} />
        </>
      )}
    </div>
  );
}

interface PlainLinksProps {
  readonly links: typeof personalLinks | typeof serverLinks;
  readonly onNavigate: () => void;
}

function PlainLinks({ links, onNavigate }: PlainLinksProps) {
  return links.map(({ label, to, Icon, isExact }) => (
    <Link
      key={to}
      to={to}
      className={classes.link ?? ""}
      activeOptions={{ exact: isExact }}
      onClick={onNavigate}
    >
      <Icon size={18} stroke={1.7} aria-hidden />
      {label}
    </Link>
  ));
}

interface DomainLinksProps {
  readonly domainId: string;
  readonly onNavigate: () => void;
}

function DomainLinks({ domainId, onNavigate }: DomainLinksProps) {
  const { holds } = useHeldActions({ type: "domains", domainId, id: domainId });
  const link = classes.link ?? "";
  return (
    <>
      <div className={classes.section}>Domain</div>
      {domainLinks
        .filter((known) => !("needs" in known) || holds(known.needs))
        .map(({ label, to, Icon, ...known }) => (
          <Link
            key={to}
            to={to}
            params={{ domainId }}
            className={link}
            activeOptions={{ exact: "isExact" in known, includeSearch: false }}
            onClick={onNavigate}
          >
            <Icon size={18} stroke={1.7} aria-hidden />
            {label}
          </Link>
        ))}
      <div className={classes.section}>Entities</div>
      {entityLinks.map(({ label, type, Icon }) => (
        <Link
          key={type}
          to="/domains/$domainId/$type"
          params={{ domainId, type }}
          className={link}
          activeOptions={{ includeSearch: false }}
          onClick={onNavigate}
        >
          <Icon size={18} stroke={1.7} aria-hidden />
          {label}
        </Link>
      ))}
    </>
  );
}
