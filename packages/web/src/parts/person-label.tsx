import { Badge, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { personQuery } from "../api/people.ts";
import { profileQuery } from "../api/profile.ts";
import { Name } from "../ui/name.tsx";
import { personName } from "../words/person-name.ts";

/** Somebody's name by their id; one's own with a mark. */
export function PersonLabel({ userId }: { userId: string }) {
  const { data: self } = useQuery(profileQuery);
  const isSelf = self?.id === userId;
  const { data, error } = useQuery({ ...personQuery(userId), enabled: userId !== "" && !isSelf });
  if (userId === "") return "–";
  const person = isSelf ? self : data;
  return (
    <Group gap={8} component="span" display="inline-flex" wrap="nowrap">
      <Text component="span" inherit style={{ overflowWrap: "anywhere" }}>
        <Name>
          {person === undefined ? (error === null ? "…" : "A deleted user") : personName(person)}
        </Name>
      </Text>
      {isSelf && (
        <Badge variant="light" size="sm" tt="none" component="span" miw="max-content">
          You
        </Badge>
      )}
    </Group>
  );
}
