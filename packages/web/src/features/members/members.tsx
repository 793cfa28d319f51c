import { ActionIcon, Badge, Box, Code, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconTrash, IconUserCog, IconUsers } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { personQuery } from "../../api/people.ts";
import { profileQuery } from "../../api/profile.ts";
import { useHeldActions } from "../../api/rights.ts";
import {
  type Member,
  membersQuery,
  type RolePlace,
  roleCalls,
  rolesQuery,
} from "../../api/roles.ts";
import { staleRoles } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { rolePlaceRows } from "../../entity-types/rows.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import { ChoiceMenu } from "../../ui/choice-menu.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { type DataColumn, DataTable } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ListFailure } from "../../ui/list-failure.tsx";
import { changeSearch, pageOf } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { Name } from "../../ui/name.tsx";
import { wayText } from "../../words/access-way.ts";
import { ChangeRole } from "./change-role.tsx";
import type { MembersSearch } from "./members-search.ts";

interface MembersProps {
  readonly place: RolePlace;
  readonly search: MembersSearch;
  readonly onSearch: (search: MembersSearch) => void;
}

/** Everybody who reaches an object, by which roles, and the end of it. */
export function Members({ place, search, onSearch }: MembersProps) {
  const { domainId, type, id } = place;
  const { data: self } = useQuery(profileQuery);
  const { holds } = useHeldActions(place);
  const roles = useQuery({ ...rolesQuery(place), enabled: holds("view_role_users") });
  const members = useQuery({
    ...membersQuery(place, {
      ...pageOf(search),
      ...(search.role === undefined ? {} : { role_id: search.role }),
    }),
    placeholderData: keepPreviousData,
  });
  const [removed, setRemoved] = useState<Member>();
  const [isRemoveOpen, setIsRemoveOpen] = useState(false);
  const remove = useChange(
    (userId: string) =>
      roleCalls(type).remove_members_from_all({ domainId, id, body: { member_ids: [userId] } }),
    { done: "Removed", onDone: () => setIsRemoveOpen(false), stale: staleRoles(domainId) },
  );
  const [changed, setChanged] = useState<Member>();
  const [isChangeOpen, setIsChangeOpen] = useState(false);
  const isRemovable = (member: Member) =>
    holds("remove_role_users") &&
    member.member_id !== self?.id &&
    member.roles.some(({ access_type }) => access_type === "direct");
  const isChangeable = holds("add_role_users") && holds("view_role_users");
  const { removal, hasWays } = rolePlaceRows[type];

  return (
    <>
      <ListFailure
        error={members.error}
        refused="Your role does not show you the members"
        onRetry={() => void members.refetch()}
      />
      {members.isPending && <LoadingRows count={3} />}
      {members.data !== undefined && (
        <DataTable
          name="members"
          label="Members"
          columns={hasWays ? entityColumns : domainColumns}
          rows={members.data.members}
          total={members.data.total}
          rowKey={({ member_id }) => member_id}
          search={search}
          onSearch={onSearch}
          isStale={members.isPlaceholderData}
          toolbar={
            <>
              <Box flex={1} />
              <ChoiceMenu
                label="Role"
                value={search.role ?? ""}
                choices={[
                  { value: "", label: "All" },
                  ...(roles.data?.roles ?? []).map((role) => ({
                    value: role.id,
                    label: role.name,
                  })),
                ]}
                onChange={(role) =>
                  onSearch(changeSearch(search, { role: role === "" ? undefined : role }))
                }
              />
            </>
          }
          actions={(member) =>
            isRemovable(member) && (
              <Group gap={6} wrap="nowrap" justify="flex-end">
                {isChangeable && (
                  <Tooltip label="Change role">
                    <ActionIcon
                      variant="default"
                      aria-label="Change role"
                      onClick={() => {
                        setChanged(member);
                        setIsChangeOpen(true);
                      }}
                    >
                      <IconUserCog size={16} aria-hidden />
                    </ActionIcon>
                  </Tooltip>
                )}
                <Tooltip label={removal.title}>
                  <ActionIcon
                    variant="default"
                    aria-label={removal.title}
                    onClick={() => {
                      setRemoved(member);
                      setIsRemoveOpen(true);
                    }}
                  >
                    <IconTrash size={16} aria-hidden />
                  </ActionIcon>
                </Tooltip>
              </Group>
            )
          }
          empty={
            <EmptyState
              icon={<IconUsers />}
              title="No members"
              description={search.role === undefined ? "" : "Nobody has this role."}
            />
          }
        />
      )}
      {changed !== undefined && (
        <ChangeRole
          key={changed.member_id}
          place={place}
          member={changed}
          isOpen={isChangeOpen}
          onClose={() => setIsChangeOpen(false)}
        />
      )}
      <ConfirmDialog
        isOpen={isRemoveOpen}
        title={removal.title}
        verb="Remove"
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => removed !== undefined && remove.mutate(removed.member_id)}
        onClose={() => setIsRemoveOpen(false)}
      >
        {removed !== undefined && (
          <Stack gap="xs">
            <strong>
              <PersonLabel userId={removed.member_id} />
            </strong>
            <span>{removal.consequence}</span>
          </Stack>
        )}
      </ConfirmDialog>
    </>
  );
}

const name: DataColumn<Member> = {
  id: "name",
  header: "Name",
  isFixed: true,
  cell: ({ member_id }) => (
    <Text component="div" size="sm" fw={550}>
      <PersonLabel userId={member_id} />
    </Text>
  ),
};

const username: DataColumn<Member> = {
  id: "username",
  header: "Username",
  cell: ({ member_id }) => <Username userId={member_id} />,
};

const idColumn: DataColumn<Member> = {
  id: "id",
  header: "ID",
  cell: ({ member_id }) => (
    <Group gap={4} wrap="nowrap">
      <Code>{member_id}</Code>
      <CopyButton text={member_id} what="ID" />
    </Group>
  ),
};

const domainColumns: readonly DataColumn<Member>[] = [
  name,
  username,
  idColumn,
  { id: "role", header: "Role", cell: ({ roles }) => <Roles roles={roles} /> },
];

const entityColumns: readonly DataColumn<Member>[] = [
  name,
  username,
  { id: "access", header: "Access by", cell: ({ roles }) => <Roles roles={roles} hasWays /> },
  { ...idColumn, isHiddenAtFirst: true },
];

function Roles({ roles, hasWays = false }: { roles: Member["roles"]; hasWays?: boolean }) {
  return (
    <Stack gap={4}>
      {roles.map(({ role_id, role_name, access_type }) => (
        <Group key={role_id} gap={8}>
          <Badge variant="default" tt="none" fw={500} flex="none" maw={200}>
            <Name isLine>{role_name}</Name>
          </Badge>
          {hasWays && (
            <Text size="xs" c="dimmed">
              {wayText(access_type)}
            </Text>
          )}
        </Group>
      ))}
    </Stack>
  );
}

function Username({ userId }: { userId: string }) {
  const { data: person } = useQuery(personQuery(userId));
  return <Name>{person?.credentials?.username ?? "–"}</Name>;
}
