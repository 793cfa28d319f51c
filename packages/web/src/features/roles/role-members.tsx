import { ActionIcon, Button, Code, Group, Text, Title, Tooltip } from "@mantine/core";
import { IconTrash, IconUsers } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useHeldActions } from "../../api/rights.ts";
import { type Role, type RolePlace, roleCalls, roleMembersQuery } from "../../api/roles.ts";
import { staleRoles } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { rolePlaceRows } from "../../entity-types/rows.ts";
import { NoAccountYet } from "../../parts/no-account-yet.tsx";
import { PeoplePicker } from "../../parts/people-picker.tsx";
import { PersonLabel } from "../../parts/person-label.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { type DataColumn, DataTable } from "../../ui/data-table.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { Form, useProblems } from "../../ui/form.tsx";
import { pageOf } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { Name } from "../../ui/name.tsx";
import type { RolesSearch } from "./roles-search.ts";

interface RoleMembersProps {
  readonly place: RolePlace;
  readonly role: Role;
  readonly search: RolesSearch;
  readonly onSearch: (search: RolesSearch) => void;
}

interface MemberRow {
  readonly userId: string;
}

const columns: readonly DataColumn<MemberRow>[] = [
  {
    id: "name",
    header: "Name",
    isFixed: true,
    cell: ({ userId }) => (
      <Text component="div" size="sm" fw={550}>
        <PersonLabel userId={userId} />
      </Text>
    ),
  },
  {
    id: "id",
    header: "ID",
    cell: ({ userId }) => (
      <Group gap={4} wrap="nowrap">
        <Code>{userId}</Code>
        <CopyButton text={userId} what="ID" />
      </Group>
    ),
  },
];

/** Who has a role, giving it and taking it away. */
export function RoleMembers({ place, role, search, onSearch }: RoleMembersProps) {
  const { domainId, type, id } = place;
  const { holds } = useHeldActions(place);
  const [open, setOpen] = useState<"add" | "remove" | "clear">();
  const [removedId, setRemovedId] = useState("");
  const close = () => setOpen(undefined);
  const key = { domainId, id, roleId: role.id };
  const members = useQuery({
    ...roleMembersQuery(place, role.id, pageOf(search)),
    placeholderData: keepPreviousData,
  });
  const remove = useChange(
    () => roleCalls(type).remove_members({ ...key, body: { members: [removedId] } }),
    { done: "Removed from the role", onDone: close, stale: staleRoles(domainId) },
  );
  const clear = useChange(() => roleCalls(type).remove_all_members(key), {
    done: "Nobody has the role any more",
    onDone: close,
    stale: staleRoles(domainId),
  });
  const mayRemove = holds("remove_role_users");
  const addButton = holds("add_role_users") && (
    <Button onClick={() => setOpen("add")}>Add Members</Button>
  );
  const consequence = rolePlaceRows[type].lossOfRole;
  return (
    <section aria-labelledby="role-members">
      <Group justify="space-between" mb="md">
        <Title order={2} id="role-members">
          Members
        </Title>
        <Group gap="sm">
          {addButton}
          {mayRemove && (
            <Button
              variant="outline"
              color="brick"
              disabled={(members.data?.total ?? 0) === 0}
              onClick={() => setOpen("clear")}
            >
              Remove All
            </Button>
          )}
        </Group>
      </Group>
      <FailureNotice error={members.error} onRetry={() => void members.refetch()} />
      {members.isPending && <LoadingRows count={2} />}
      {members.data !== undefined && (
        <DataTable
          name="role-members"
          label="Members of the role"
          columns={columns}
          rows={members.data.members.map((userId) => ({ userId }))}
          total={members.data.total}
          rowKey={({ userId }) => userId}
          search={search}
          onSearch={onSearch}
          isStale={members.isPlaceholderData}
          actions={({ userId }) =>
            mayRemove && (
              <Tooltip label="Remove from the role">
                <ActionIcon
                  variant="default"
                  aria-label="Remove from the role"
                  onClick={() => {
                    setRemovedId(userId);
                    setOpen("remove");
                  }}
                >
                  <IconTrash size={16} aria-hidden />
                </ActionIcon>
              </Tooltip>
            )
          }
          empty={
            <EmptyState
              icon={<IconUsers />}
              title="Nobody has this role"
              description="Add members to give them what it allows."
            />
          }
        />
      )}
      <Dialog isOpen={open === "add"} onClose={close} title="Add members">
        <AddMembers place={place} roleId={role.id} onClose={close} />
      </Dialog>
      <ConfirmDialog
        isOpen={open === "remove"}
        title="Remove from the role"
        verb="Remove"
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onClose={close}
      >
        <PersonLabel userId={removedId} /> loses what{" "}
        <strong>
          <Name>{role.name}</Name>
        </strong>{" "}
        allows. {consequence}
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={open === "clear"}
        title="Remove all members"
        verb="Remove All"
        word="remove"
        isPending={clear.isPending}
        error={clear.error}
        onConfirm={() => clear.mutate()}
        onClose={close}
      >
        All {members.data?.total ?? ""} members lose what{" "}
        <strong>
          <Name>{role.name}</Name>
        </strong>{" "}
        allows. {consequence}
      </ConfirmDialog>
    </section>
  );
}

interface AddMembersProps {
  readonly place: RolePlace;
  readonly roleId: string;
  readonly onClose: () => void;
}

function AddMembers({ place: { domainId, type, id }, roleId, onClose }: AddMembersProps) {
  const { whoCanBeAdded } = rolePlaceRows[type];
  const [userIds, setUserIds] = useState<string[]>([]);
  const add = useChange(
    () => roleCalls(type).add_members({ domainId, id, roleId, body: { members: userIds } }),
    { done: "Added to the role", onDone: onClose, stale: staleRoles(domainId) },
  );
  const problems = useProblems({ users: userIds.length === 0 ? "Select users" : undefined });
  return (
    <Form
      change={add}
      verb="Add"
      onClose={onClose}
      closeVerb="Close"
      onSubmit={() => problems.attempt(() => add.mutate())}
    >
      {whoCanBeAdded !== "" && (
        <Text size="sm" c="dimmed">
          {whoCanBeAdded}
        </Text>
      )}
      <PeoplePicker
        label="Users"
        isRequired
        value={userIds}
        onChange={setUserIds}
        error={problems.shown.users}
      />
      {type === "domains" && <NoAccountYet />}
    </Form>
  );
}
