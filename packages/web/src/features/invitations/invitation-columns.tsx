import { Badge, Box, Text } from "@mantine/core";
import { readWireTime } from "@tessera/sdk";
import { type Invitation, invitationState } from "../../api/invitations.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import type { DataColumn } from "../../ui/data-table.tsx";
import { Name } from "../../ui/name.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";

/** Who is invited. */
export const inviteeColumn: DataColumn<Invitation> = {
  id: "invitee",
  header: "Name",
  isFixed: true,
  cell: ({ invitee_user_id }) => (
    <Text component="div" size="sm" fw={550}>
      <PersonLabel userId={invitee_user_id} />
    </Text>
  ),
};

/** Where to. */
export const domainColumn: DataColumn<Invitation> = {
  id: "domain",
  header: "Domain",
  isFixed: true,
  cell: ({ domain_name }) => (
    <Text size="sm" fw={550}>
      <Name>{domain_name}</Name>
    </Text>
  ),
};

/** Who invites. */
export const inviterColumn: DataColumn<Invitation> = {
  id: "inviter",
  header: "Invited By",
  cell: ({ invited_by }) => (
    <Box miw={120}>
      <PersonLabel userId={invited_by} />
    </Box>
  ),
};

/** As what, when, and what came of it. */
export const invitationColumns: readonly DataColumn<Invitation>[] = [
  {
    id: "role",
    header: "Role",
    cell: ({ role_name }) => (
      <Badge variant="default" tt="none" fw={500} miw="7em">
        <Name isLine>{role_name}</Name>
      </Badge>
    ),
  },
  {
    id: "status",
    header: "Status",
    cell: (invitation) => <StatusBadge status={invitationState(invitation)} />,
  },
  {
    id: "created",
    header: "Sent At",
    room: "wide",
    cell: ({ created_at }) => <RelativeTime at={readWireTime(created_at)} never="–" />,
  },
  {
    id: "confirmed",
    header: "Confirmed At",
    room: "widest",
    cell: ({ confirmed_at }) => <RelativeTime at={readWireTime(confirmed_at)} never="Not yet" />,
  },
  {
    id: "rejected",
    header: "Rejected At",
    isHiddenAtFirst: true,
    cell: ({ rejected_at }) => <RelativeTime at={readWireTime(rejected_at)} never="–" />,
  },
];
