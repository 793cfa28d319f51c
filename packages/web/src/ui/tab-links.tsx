import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
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
  return (
    <nav aria-label={label} className={classes.tabs}>
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
