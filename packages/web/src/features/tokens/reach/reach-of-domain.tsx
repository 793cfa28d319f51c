import { Badge, Text } from "@mantine/core";
import { IconFolder, IconLayoutGrid } from "@tabler/icons-react";
import { allEntities } from "@tessera/sdk";
import { type ReactNode, useState } from "react";
import type { CatalogueReply } from "../../../api/catalogue.ts";
import { isEntityTypeName } from "../../../api/entities.ts";
import type { DomainReach } from "../../../api/token-reach.ts";
import { rowOf } from "../../../entity-types/rows.ts";
import { LinkAnchor } from "../../../ui/links.tsx";
import { Name } from "../../../ui/name.tsx";
import { isolated } from "../../../words/foreign-text.ts";
import { type Bundle, type Place, placeObjects, type ReachedOperation } from "./reach-tree.ts";
import classes from "./token-reach.module.css";

const namesShown = 8;

interface ReachOfDomainProps {
  readonly reach: DomainReach;
  readonly catalogue: CatalogueReply;
}

/** The tree of one domain: each line leads from what holds to what is held. */
export function ReachOfDomain({ reach, catalogue }: ReachOfDomainProps) {
  const { domainId, name, operations, objects, groups, more } = reach;
  return (
    <ul className={classes.tree} aria-label={`Reached in ${isolated(name)}`}>
      <li>
        <Line icon={<IconLayoutGrid size={18} stroke={1.7} aria-hidden />}>
          <LinkAnchor to="/domains/$domainId" params={{ domainId }} inherit fw={600}>
            <Name>{name}</Name>
          </LinkAnchor>
          <Operations operations={operations} />
        </Line>
        <Inside place={placeObjects(objects, groups)} domainId={domainId} catalogue={catalogue}>
          {more.map(({ type, count }) => (
            <li key={type}>
              <Text size="sm" c="dimmed">
                and {count.toLocaleString("en")} more {titleOf(catalogue, type).toLowerCase()},
                which are not drawn
              </Text>
            </li>
          ))}
        </Inside>
      </li>
    </ul>
  );
}

interface InsideProps {
  readonly place: Place;
  readonly domainId: string;
  readonly catalogue: CatalogueReply;
  readonly children?: ReactNode;
}

function Inside({ place, domainId, catalogue, children }: InsideProps) {
  return (
    <ul>
      {place.places.map((inner) => (
        <li key={inner.group?.id}>
          <Line icon={<IconFolder size={18} stroke={1.7} aria-hidden />}>
            <Text component="span" inherit fw={550}>
              <Name>{inner.group?.name}</Name>
            </Text>
          </Line>
          <Inside place={inner} domainId={domainId} catalogue={catalogue} />
        </li>
      ))}
      {place.bundles.map((bundle) => (
        <li key={`${bundle.type} ${bundle.objects[0]?.id}`}>
          <BundleLine bundle={bundle} domainId={domainId} catalogue={catalogue} />
        </li>
      ))}
      {children}
    </ul>
  );
}

interface BundleLineProps {
  readonly bundle: Bundle;
  readonly domainId: string;
  readonly catalogue: CatalogueReply;
}

function BundleLine({ bundle, domainId, catalogue }: BundleLineProps) {
  const { type, objects, operations } = bundle;
  const { Icon } = rowOf(type);
  const [areAllShown, setAreAllShown] = useState(false);
  const shown = areAllShown ? objects : objects.slice(0, namesShown);
  const known = catalogue.entity_types.find(({ name }) => name === type);
  const left = objects.length - shown.length;
  return (
    <Line icon={<Icon size={18} stroke={1.7} aria-hidden />}>
      <span className={classes.names}>
        <Text component="span" size="xs" c="dimmed">
          {objects[0]?.id === allEntities
            ? `Every ${known?.singular ?? type}`
            : objects.length === 1
              ? (known?.singular ?? type)
              : `${objects.length.toLocaleString("en")} ${titleOf(catalogue, type).toLowerCase()}`}
        </Text>
        {shown
          .filter(({ id }) => id !== allEntities)
          .map(({ id, name }) =>
            isEntityTypeName(type) ? (
              <LinkAnchor
                key={id}
                to="/domains/$domainId/$type/$id"
                params={{ domainId, type, id }}
                inherit
              >
                <Name>{name || id}</Name>
              </LinkAnchor>
            ) : (
              <Name key={id}>{name || id}</Name>
            ),
          )}
        {left > 0 && (
          <button type="button" className={classes.more} onClick={() => setAreAllShown(true)}>
            and {left.toLocaleString("en")} more
          </button>
        )}
      </span>
      <Operations operations={operations} />
    </Line>
  );
}

function Operations({ operations }: { readonly operations: readonly ReachedOperation[] }) {
  if (operations.length === 0) return null;
  return (
    <span className={classes.operations}>
      {operations.map(({ summary, isAllowed }) => (
        <Badge
          key={summary}
          variant={isAllowed ? "light" : "default"}
          color={isAllowed ? "verdigris" : "gray"}
          tt="none"
          fw={500}
          miw="max-content"
          className={isAllowed ? "" : (classes.refused ?? "")}
        >
          {summary}
          {!isAllowed && <span className={classes.not}> · not now</span>}
        </Badge>
      ))}
    </span>
  );
}

function Line({ icon, children }: { readonly icon: ReactNode; readonly children: ReactNode }) {
  return (
    <div className={classes.line}>
      <span className={classes.icon}>{icon}</span>
      <div className={classes.text}>{children}</div>
    </div>
  );
}

function titleOf(catalogue: CatalogueReply, type: string): string {
  return catalogue.entity_types.find(({ name }) => name === type)?.title ?? type;
}
