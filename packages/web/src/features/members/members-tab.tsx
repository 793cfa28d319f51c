import { Group, Stack } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { AssignMembers } from "./assign-members.tsx";
import { Members } from "./members.tsx";

const route = getRouteApi("/frame/domains/$domainId/$type/$id/members");

/** The people who reach an entity. */
export function MembersTab() {
  const { domainId, type, id } = route.useParams();
  const navigate = route.useNavigate();
  const place = { type, domainId, id };
  return (
    <Stack gap="md">
      <Group justify="flex-end">
        <AssignMembers place={place} />
      </Group>
      <Members
        place={place}
        search={route.useSearch()}
        onSearch={(search) => void navigate({ search })}
      />
    </Stack>
  );
}
