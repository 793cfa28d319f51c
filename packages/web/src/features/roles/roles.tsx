import { Badge, Group } from "@mantine/core";
import { IconUserShield } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { readWireTime } from "@tessera/sdk";
import { type Role, type RolePlace, rolesQuery } from "../../api/roles.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import { type DataColumn, DataTable } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ListFailure } from "../../ui/list-failure.tsx";
import { pageOf } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { RoleLink } from "./role-link.tsx";
import type { RolesSearch } from "./roles-search.ts";

interface RolesProps {
  readonly place: RolePlace;
  readonly search: RolesSearch;
  readonly onSearch: (search: RolesSearch) => void;
}

/** The roles on an object. */
export function Roles({ place, search, onSearch }: RolesProps) {
  const roles = useQuery({
    ...rolesQuery(place, pageOf(search)),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <ListFailure
        error={roles.error}
        refused="Your role does not show you the roles"
        onRetry={() => void roles.refetch()}
      />
      {roles.isPending && <LoadingRows count={3} />}
      {roles.data !== undefined && (
        <DataTable
          name="roles"
          label="Roles"
          columns={[nameColumn(place), ...otherColumns]}
          rows={roles.data.roles}
          total={roles.data.total}
          rowKey={({ id }) => id}
          search={search}
          onSearch={onSearch}
          isStale={roles.isPlaceholderData}
          empty={
            <EmptyState
              icon={<IconUserShield />}
              title="No roles"
              description="Create the first."
            />
          }
        />
      )}
    </>
  );
}

function nameColumn(place: RolePlace): DataColumn<Role> {
  return {
    id: "name",
    header: "Name",
    isFixed: true,
    cell: (role) => (
      <Group gap={8}>
        <RoleLink place={place} role={role} />
        {role.built_in && (
          <Badge variant="light" tt="none" miw="max-content">
            Built-in
          </Badge>
        )}
      </Group>
    ),
  };
}

const otherColumns: readonly DataColumn<Role>[] = [
  {
    id: "created_by",
    header: "Created By",
    cell: ({ created_by }) => <PersonLabel userId={created_by} />,
  },
  {
    id: "created",
    header: "Created At",
    cell: ({ created_at }) => <RelativeTime at={readWireTime(created_at)} never="–" />,
  },
  {
    id: "updated_by",
    header: "Updated By",
    cell: ({ updated_by }) => <PersonLabel userId={updated_by} />,
  },
  {
    id: "updated",
    header: "Updated At",
    cell: ({ updated_at }) => (
      <RelativeTime at={readWireTime(updated_at)} never="Not updated yet" />
    ),
  },
];
