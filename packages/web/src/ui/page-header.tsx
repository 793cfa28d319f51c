import { Group, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { createContext, Fragment, type ReactNode, useContext } from "react";
import { createPortal } from "react-dom";
import { isolated } from "../words/foreign-text.ts";
import { Name } from "./name.tsx";
import classes from "./page-header.module.css";

/** One step of the way to the page; the last one is the page itself and needs no address. */
export interface Crumb {
  readonly label: string;
  readonly to?: string;
}

/** The element of the frame that shows where one is; `null` until it is there. */
export const CrumbsPlaceContext = createContext<HTMLElement | null>(null);

interface PageHeaderProps {
  readonly title: string;
  readonly crumbs: readonly Crumb[];
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
}

/** The head of a page: its title, the way to it, and what can be done. */
export function PageHeader({ title, crumbs, description, actions }: PageHeaderProps) {
  const place = useContext(CrumbsPlaceContext);
  useDocumentTitle(`${isolated(title)} · Tessera`);
  return (
    <>
      {place !== null && createPortal(<Crumbs crumbs={crumbs} />, place)}
      <Group justify="space-between" align="flex-start" gap="md" mb="lg">
        <Stack gap={4} miw={0} flex="1 1 240px">
          <Title order={1} className={classes.title}>
            <Name>{title}</Name>
          </Title>
          {description !== undefined && (
            <Text c="dimmed" size="sm" component="div">
              {description}
            </Text>
          )}
        </Stack>
        {actions !== undefined && <Group gap="sm">{actions}</Group>}
      </Group>
    </>
  );
}

function Crumbs({ crumbs }: { crumbs: readonly Crumb[] }) {
  return (
    <nav aria-label="Where you are" className={classes.crumbs}>
      {crumbs.map(({ label, to }, index) => (
        <Fragment key={label}>
          {index > 0 && <span aria-hidden="true">/</span>}
          {to === undefined ? (
            <span aria-current="page" className={classes.current}>
              <Name isLine>{label}</Name>
            </span>
          ) : (
            <Link to={to}>
              <Name isLine>{label}</Name>
            </Link>
          )}
        </Fragment>
      ))}
    </nav>
  );
}
