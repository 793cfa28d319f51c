import { Text } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { memberCountQuery } from "../../api/roles.ts";
import { LinkAnchor } from "../../ui/links.tsx";
import { CountCard } from "./count-card.tsx";

/** How many people are in the domain, for whoever may see them. */
export function MemberCount({ domainId }: { domainId: string }) {
  const { data, error } = useQuery(memberCountQuery(domainId));
  return (
    <CountCard
      title="Members"
      icon={<IconUsers size={20} stroke={1.6} aria-hidden />}
      count={error === null ? data : null}
      link={
        <LinkAnchor
          to="/domains/$domainId/members"
          params={{ domainId }}
          size="sm"
          aria-label="View all members"
        >
          View all
        </LinkAnchor>
      }
    >
      <Text size="xs" c="dimmed" mt="sm">
        {error === null
          ? "People with a role in this domain"
          : "Your role does not show you the members"}
      </Text>
    </CountCard>
  );
}
