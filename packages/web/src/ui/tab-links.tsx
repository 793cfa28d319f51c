import { Link, type LinkProps } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import classes from "./tab-links.module.css";

interface TabLink {
  readonly label: string;
  readonly icon: ReactNode;
  readonly to: LinkProps["to"];
  readonly params: LinkProps["params"];
  readonly isExact?: boolean;
}

interface TabLinksProps {
  /** The accessible name: whose parts these are. */
  readonly label: string;
  readonly links: readonly TabLink[];
}

/** The parts of an object, each a page of its own. */
export function TabLinks({ label, links }: TabLinksProps) {
  const nav = useRef<HTMLElement>(null);
  const count = links.length;
  // On a narrow screen the one that is open may lie beside it.
  useEffect(() => {
    const open = nav.current?.querySelector<HTMLElement>("[data-status=active]");
    if (nav.current === null || open == null || count === 0) return;
    const excess = open.getBoundingClientRect().right - nav.current.getBoundingClientRect().right;
    if (excess > 0) nav.current.scrollLeft += excess;
  }, [count]);
  return (
    <nav ref={nav} aria-label={label} className={classes.tabs}>
      {links.map(({ label: text, icon, to, params, isExact }) => (
        <Link
          key={text}
          {...(to === undefined ? {} : { to })}
          {...(params === undefined ? {} : { params })}
          className={classes.tab ?? ""}
          activeOptions={{ exact: isExact === true, includeSearch: false }}
        >
          {icon}
          {text}
        </Link>
      ))}
    </nav>
  );
}
