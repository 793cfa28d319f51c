import { Paper, Text } from "@mantine/core";
import { IconUser, IconUserOff } from "@tabler/icons-react";
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CatalogueType } from "../../api/catalogue.ts";
import { listedEntityQuery } from "../../api/entity-lists.ts";
import { type ReachedObject, type ReachingPerson, reachingPeopleQuery } from "../../api/reach.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { ListFailure } from "../../ui/list-failure.tsx";
import { changeSearch, type ListSearch, pageOf } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { Name } from "../../ui/name.tsx";
import { Pager } from "../../ui/pager.tsx";
import { wayText } from "../../words/access-way.ts";
import { Operations } from "./operations.tsx";
import classes from "./reach.module.css";

interface PeopleThatReachProps {
  readonly place: ReachedObject;
  readonly type: CatalogueType;
  readonly label: string;
}

/** A line for each person: the person, the roles with where they are, and what they open. */
export function PeopleThatReach({ place, type, label }: PeopleThatReachProps) {
  const [search, setSearch] = useState<ListSearch>({});
  const reach = useQuery({
    ...reachingPeopleQuery(place, pageOf(search)),
    placeholderData: keepPreviousData,
  });
  const people = reach.data?.people ?? [];
  const groupIds = new Set(
    people.flatMap(({ roles }) =>
      roles.flatMap(({ access_type, access_provider_id }) =>
        access_type.endsWith("group") ? [access_provider_id] : [],
      ),
    ),
  );
  const groups = useQueries({
    queries: [...groupIds].map((id) => listedEntityQuery("groups", place.domainId, id)),
  });
  const groupNames = new Map(
    groups.flatMap(({ data }) => (data == null ? [] : [[data.id, data.name] as const])),
  );
  if (reach.error !== null) {
    return (
      <ListFailure
        error={reach.error}
        refused="Your role does not show you the members"
        onRetry={() => void reach.refetch()}
      />
    );
  }
  if (reach.data === undefined) return <LoadingRows count={3} />;
  return (
    <Paper withBorder>
      {people.length === 0 ? (
        <Text size="sm" p="md">
          Nobody reaches it by a role.
        </Text>
      ) : (
        <ul className={classes.flows} aria-label={label}>
          {people.map((person) => (
            <li key={person.user_id} className={classes.flow}>
              <span className={classes.source}>
                {person.enabled ? (
                  <IconUser size={18} stroke={1.7} aria-hidden />
                ) : (
                  <IconUserOff size={18} stroke={1.7} aria-hidden />
                )}
                <span className={classes.sourceText}>
                  <Text component="span" size="sm" fw={550}>
                    <PersonLabel userId={person.user_id} />
                  </Text>
                  <Tokens person={person} />
                </span>
              </span>
              <ul className={classes.ways} aria-label="By">
                {person.roles.map((role) => (
                  <li key={role.role_id} className={classes.way}>
                    <div className={classes.box}>
                      <Way
                        role={role}
                        place={place}
                        groupName={groupNames.get(role.access_provider_id)}
                      />
                    </div>
                  </li>
                ))}
              </ul>
              <span className={classes.end}>
                <Operations
                  type={type}
                  operations={person.operations.map((name) => ({ name, isAllowed: true }))}
                  nothing={
                    person.enabled ? "None of its operations" : "Nothing: the account is disabled"
                  }
                />
              </span>
            </li>
          ))}
        </ul>
      )}
      {reach.data.total > 10 && (
        <Pager
          search={search}
          total={reach.data.total}
          onChange={(change) => setSearch(changeSearch(search, change))}
        />
      )}
    </Paper>
  );
}

function Tokens({ person: { token_count: count } }: { readonly person: ReachingPerson }) {
  if (count === undefined || count === 0) return null;
  return (
    <Text component="span" size="xs" c="dimmed" display="block">
      {count === 1 ? "1 token reaches it" : `${count.toLocaleString("en")} tokens reach it`}
    </Text>
  );
}

interface WayProps {
  readonly role: ReachingPerson["roles"][number];
  readonly place: ReachedObject;
  /** Undefined where it is on no group, or on one that is not shown to the person. */
  readonly groupName: string | undefined;
}

function Way({ role, place, groupName }: WayProps) {
  const { role_name, access_type, access_provider_id: groupId } = role;
  return (
    <>
      <Text component="span" size="sm" fw={550}>
        <Name>{role_name}</Name>
      </Text>
      <Text component="span" size="xs" c="dimmed" display="block">
        {wayText(access_type)}
        {groupName !== undefined && (
          <>
            {": "}
            <LinkAnchor
              to="/domains/$domainId/$type/$id"
              params={{ domainId: place.domainId, type: "groups", id: groupId }}
              inherit
            >
              <Name>{groupName}</Name>
            </LinkAnchor>
          </>
        )}
      </Text>
    </>
  );
}
