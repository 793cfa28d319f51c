import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { roleQuery } from "../../api/roles.ts";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { CreateRole } from "./create-role.tsx";
import { RoleView } from "./role-view.tsx";
import { Roles } from "./roles.tsx";

const listRoute = getRouteApi("/frame/domains/$domainId/$type/$id/roles");
const oneRoute = getRouteApi("/frame/domains/$domainId/$type/$id/roles/$roleId");

/** The roles on an entity. */
export function RolesTab() {
  const place = listRoute.useParams();
  const navigate = listRoute.useNavigate();
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Text size="sm" c="dimmed" flex="1 1 260px">
          A role here allows actions on this one object, and on what it holds.
        </Text>
        <CreateRole place={place} />
      </Group>
      <Roles
        place={place}
        search={listRoute.useSearch()}
        onSearch={(search) => void navigate({ search })}
      />
    </Stack>
  );
}

/** One role on an entity. */
export function RoleTab() {
  const { roleId, ...place } = oneRoute.useParams();
  const search = oneRoute.useSearch();
  const navigate = oneRoute.useNavigate();
  const role = useQuery(roleQuery(place, roleId));
  if (role.data === undefined) {
    return role.error === null ? (
      <LoadingRows />
    ) : (
      <FailureNotice error={role.error} onRetry={() => void role.refetch()} />
    );
  }
  return (
    <Stack gap="md">
      <LinkAnchor to="/domains/$domainId/$type/$id/roles" params={place} size="sm">
        ← All roles
      </LinkAnchor>
      <RoleView
        place={place}
        role={role.data}
        search={search}
        onSearch={(next) => void navigate({ search: next })}
        onDeleted={() => navigate({ to: "/domains/$domainId/$type/$id/roles", params: place })}
      />
    </Stack>
  );
}
