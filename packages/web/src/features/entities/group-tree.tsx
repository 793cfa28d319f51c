import { ActionIcon, Button, Loader, Paper, Text } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { Entity } from "../../api/entities.ts";
import { groupLevelQuery } from "../../api/groups.ts";
import { entityTypeRows } from "../../entity-types/rows.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { Name } from "../../ui/name.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { isolated } from "../../words/foreign-text.ts";
import classes from "./group-tree.module.css";

interface GroupTreeProps {
  readonly domainId: string;
  /** The group whose subgroups are shown; absent: the groups at the top of the domain. */
  readonly rootId?: string;
  /** What else stands in the line of a group at the top of this tree. */
  readonly action?: (group: Entity) => ReactNode;
  readonly empty?: ReactNode;
}

/** Groups as a tree, each level read when it is opened. */
export function GroupTree({ domainId, rootId, action, empty }: GroupTreeProps) {
  const groups = useLevel(domainId, rootId);
  if (groups.isPending) return <LoadingRows />;
  if (groups.error !== null) {
    return <FailureNotice error={groups.error} onRetry={() => void groups.refetch()} />;
  }
  if (groups.data.pages[0]?.total === 0) {
    return (
      <Paper withBorder>
        {empty ?? (
          <EmptyState
            icon={<entityTypeRows.groups.Icon />}
            title="No groups yet"
            description="Create one to hold clients, channels and other groups."
          />
        )}
      </Paper>
    );
  }
  return (
    <Paper withBorder p="sm">
      <Level domainId={domainId} groups={groups} action={action} />
    </Paper>
  );
}

interface LevelProps {
  readonly domainId: string;
  readonly groups: ReturnType<typeof useLevel>;
  readonly action: GroupTreeProps["action"];
}

function Level({ domainId, groups, action }: LevelProps) {
  const pages = groups.data?.pages ?? [];
  const shown = pages.flatMap((page) => page.groups);
  const more = (pages[0]?.total ?? 0) - shown.length;
  return (
    <ul className={classes.list}>
      {shown.map((group) => (
        <Branch key={group.id} domainId={domainId} group={group} action={action} />
      ))}
      {more > 0 && (
        <li className={classes.row}>
          <Button
            variant="subtle"
            size="xs"
            loading={groups.isFetchingNextPage}
            onClick={() => void groups.fetchNextPage()}
          >
            {`Show more (${more.toLocaleString("en")} left)`}
          </Button>
        </li>
      )}
    </ul>
  );
}

interface BranchProps {
  readonly domainId: string;
  readonly group: Entity;
  readonly action: GroupTreeProps["action"];
}

function Branch({ domainId, group, action }: BranchProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <li>
      <div className={classes.row}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-expanded={isOpen}
          aria-label={`Subgroups of ${isolated(group.name)}`}
          onClick={() => setIsOpen(!isOpen)}
        >
          <IconChevronRight size={16} aria-hidden className={classes.chevron} data-open={isOpen} />
        </ActionIcon>
        <LinkAnchor
          to="/domains/$domainId/$type/$id"
          params={{ domainId, type: "groups", id: group.id }}
          size="sm"
          fw={500}
          flex={1}
          c="var(--mantine-color-text)"
          style={{ overflowWrap: "anywhere" }}
        >
          <Name>{group.name}</Name>
        </LinkAnchor>
        {group.status !== "enabled" && <StatusBadge status={group.status} />}
        {action?.(group)}
      </div>
      {isOpen && <Subgroups domainId={domainId} groupId={group.id} />}
    </li>
  );
}

function Subgroups({ domainId, groupId }: { domainId: string; groupId: string }) {
  const groups = useLevel(domainId, groupId);
  if (groups.isPending) return <Loader size="xs" type="dots" ml={44} />;
  if (groups.error !== null) return <FailureNotice error={groups.error} />;
  if (groups.data.pages[0]?.total === 0) {
    return (
      <Text size="sm" c="dimmed" ml={44} mb={6}>
        No subgroups
      </Text>
    );
  }
  return <Level domainId={domainId} groups={groups} action={undefined} />;
}

function useLevel(domainId: string, parentId: string | undefined) {
  return useInfiniteQuery(groupLevelQuery(domainId, parentId));
}
