import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { groupPathQuery } from "../../api/groups.ts";
import { LinkAnchor } from "../../ui/links.tsx";
import { Name } from "../../ui/name.tsx";

interface GroupPathProps {
  readonly domainId: string;
  readonly groupId: string | undefined;
}

/** The group by name, with those above it, as far as the person sees them. */
export function GroupPath({ domainId, groupId }: GroupPathProps) {
  const { data, error } = useQuery({
    ...groupPathQuery(domainId, groupId ?? ""),
    enabled: groupId !== undefined,
  });
  if (groupId === undefined) {
    return (
      <Text size="sm" c="dimmed">
        None
      </Text>
    );
  }
  if (error !== null) return <Text size="sm">A group that you cannot see</Text>;
  const path = data ?? [];
  return (
    <Group gap={6} style={{ overflowWrap: "anywhere" }}>
      {path.map(({ id, name }, index) => (
        <Fragment key={id}>
          {index > 0 && <span aria-hidden="true">/</span>}
          <LinkAnchor
            to="/domains/$domainId/$type/$id"
            params={{ domainId, type: "groups", id }}
            size="sm"
          >
            <Name>{name}</Name>
          </LinkAnchor>
        </Fragment>
      ))}
    </Group>
  );
}
