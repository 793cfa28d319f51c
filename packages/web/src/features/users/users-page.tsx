import { Badge, Box, Group, Text } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { readWireTime } from "@tessera/sdk";
import { useState } from "react";
import { type ListedUser, usersQuery } from "../../api/users.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import { ChoiceMenu } from "../../ui/choice-menu.tsx";
import { type DataColumn, DataTable } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { lazyDialog } from "../../ui/lazy-part.tsx";
import { ListFailure } from "../../ui/list-failure.tsx";
import { changeSearch } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { Name } from "../../ui/name.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { SearchBox } from "../../ui/search-box.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { type UserChange, UserChangeDialog } from "./user-change-dialog.tsx";
import { UserRowMenu } from "./user-row-menu.tsx";
import { defaultUserOrder, userListQuery, userStatuses } from "./users-search.ts";

const route = getRouteApi("/frame/users");

const ResetLinkDialog = lazyDialog(
  async () => (await import("./reset-link-dialog.tsx")).ResetLinkDialog,
);

const statusLabels = { enabled: "Enabled", disabled: "Disabled", deleted: "Deleted", all: "All" };

const searchedIn = [
  { value: "username", label: "Username" },
  { value: "email", label: "Email" },
  { value: "first_name", label: "First name" },
  { value: "last_name", label: "Last name" },
  { value: "id", label: "ID" },
] as const;

/** Everybody on the server, for its administrators. */
export function UsersPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const goTo = (next: typeof search) => void navigate({ search: next });
  const users = useQuery({
    ...usersQuery(userListQuery(search)),
    placeholderData: keepPreviousData,
  });
  const [changed, setChanged] = useState<{ readonly user: ListedUser; readonly to: UserChange }>();
  const [isAsking, setIsAsking] = useState(false);
  const [forgetful, setForgetful] = useState<ListedUser>();
  const [isMakingLink, setIsMakingLink] = useState(false);
  return (
    <>
      <PageHeader
        title="Users"
        crumbs={[{ label: "Users" }]}
        description="Everybody with an account on this server. Only its administrators see this page."
      />
      <ListFailure
        error={users.error}
        refused="Only administrators of the server see its users"
        onRetry={() => void users.refetch()}
      />
      {users.isPending && <LoadingRows />}
      {users.data !== undefined && (
        <DataTable
          name="users"
          label="Users"
          columns={columns}
          rows={users.data.users}
          total={users.data.total}
          rowKey={({ id }) => id}
          search={search}
          onSearch={goTo}
          defaultOrder={defaultUserOrder}
          isStale={users.isPlaceholderData}
          toolbar={
            <>
              <SearchBox
                label="Search User"
                text={search.q ?? ""}
                by={search.by ?? "username"}
                choices={searchedIn}
                onChange={(q, by) =>
                  goTo(changeSearch(search, { q, by: by === "username" ? undefined : by }))
                }
              />
              <ChoiceMenu
                label="Status"
                value={search.status ?? "all"}
                choices={userStatuses.map((value) => ({ value, label: statusLabels[value] }))}
                onChange={(status) =>
                  goTo(changeSearch(search, { status: status === "all" ? undefined : status }))
                }
              />
            </>
          }
          actions={(user) =>
            user.status !== "deleted" && (
              <UserRowMenu
                user={user}
                onChange={(to) => {
                  setChanged({ user, to });
                  setIsAsking(true);
                }}
                onResetLink={() => {
                  setForgetful(user);
                  setIsMakingLink(true);
                }}
              />
            )
          }
          empty={
            <EmptyState
              icon={<IconUsers />}
              title="Nobody matches"
              description="Search for something else, or with another status."
            />
          }
        />
      )}
      <ResetLinkDialog
        user={forgetful}
        isOpen={isMakingLink}
        onClose={() => setIsMakingLink(false)}
      />
      {changed !== undefined && (
        <UserChangeDialog
          user={changed.user}
          change={changed.to}
          isOpen={isAsking}
          onClose={() => setIsAsking(false)}
        />
      )}
    </>
  );
}

const columns: readonly DataColumn<ListedUser>[] = [
  {
    id: "username",
    header: "Username",
    order: "username",
    isFixed: true,
    cell: ({ id, credentials }) => (
      <>
        <Text component="div" size="sm" fw={550}>
          <Name>{credentials?.username}</Name>
        </Text>
        <Text component="div" size="xs" c="dimmed">
          <PersonLabel userId={id} />
        </Text>
      </>
    ),
  },
  {
    id: "name",
    header: "Name",
    order: "first_name",
    isHiddenAtFirst: true,
    cell: ({ id }) => (
      <Box miw={120}>
        <PersonLabel userId={id} />
      </Box>
    ),
  },
  {
    id: "email",
    header: "Email",
    order: "email",
    room: "wide",
    cell: ({ email }) => <Name>{email}</Name>,
  },
  {
    id: "role",
    header: "Role",
    cell: ({ role }) =>
      role === "admin" ? (
        <Badge variant="light" tt="none" fw={500} miw="max-content">
          Administrator
        </Badge>
      ) : (
        "User"
      ),
  },
  {
    id: "status",
    header: "Status",
    cell: ({ status = "enabled" }) => <StatusBadge status={status} />,
  },
  {
    id: "tokens",
    header: "Tokens",
    cell: ({ tokens }) => (tokens?.count ?? 0).toLocaleString("en"),
  },
  {
    id: "last_used",
    header: "Last used",
    cell: ({ tokens }) => (
      <RelativeTime
        at={tokens === undefined ? null : readWireTime(tokens.last_used_at)}
        never="Never"
      />
    ),
  },
  {
    id: "created",
    header: "Created",
    order: "created_at",
    isHiddenAtFirst: true,
    cell: ({ created_at }) => (
      <RelativeTime at={created_at === undefined ? null : readWireTime(created_at)} never="–" />
    ),
  },
  {
    id: "id",
    header: "ID",
    isHiddenAtFirst: true,
    cell: ({ id }) => (
      <Group gap={4} wrap="nowrap">
        <code>{id}</code>
      </Group>
    ),
  },
];
