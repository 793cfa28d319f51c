import { Badge, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Entity } from "../../api/entities.ts";
import { profileQuery } from "../../api/profile.ts";
import { Name } from "../../ui/name.tsx";
import { wayText } from "../../words/access-way.ts";

interface OwnAccessProps {
  readonly ways: NonNullable<Entity["roles"]>;
}

/** By which roles the signed-in person reaches the entity. */
export function OwnAccess({ ways }: OwnAccessProps) {
  const { data: person } = useQuery(profileQuery);
  return (
    <Stack gap={6}>
      {person?.role === "admin" && (
        <Text size="sm">As an administrator of the platform you may do everything.</Text>
      )}
      {ways.map((way) => (
        <Group key={way.role_id} gap={8}>
          <Badge variant="default" tt="none" fw={500}>
            <Name>{way.role_name}</Name>
          </Badge>
          <Text size="sm" c="dimmed">
            by {wayText(way.access_type)}
          </Text>
        </Group>
      ))}
      {ways.length === 0 && person?.role !== "admin" && (
        <Text size="sm" c="dimmed">
          No role
        </Text>
      )}
    </Stack>
  );
}
