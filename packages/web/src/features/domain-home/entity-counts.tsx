import { Group, Progress, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type EntityTypeName, isEntityTypeName } from "../../api/entities.ts";
import { entityCountsQuery } from "../../api/entity-lists.ts";
import { rowOf } from "../../entity-types/rows.ts";
import { LinkAnchor } from "../../ui/links.tsx";
import { CountCard } from "./count-card.tsx";

interface EntityCountsProps {
  readonly type: { readonly name: string; readonly title: string };
  readonly domainId: string;
}

/** How many entities of a type there are, enabled and disabled. */
export function EntityCounts({ type, domainId }: EntityCountsProps) {
  const { data, error } = useQuery(entityCountsQuery(type.name, domainId));
  const { Icon } = rowOf(type.name);
  const total = data === undefined ? undefined : data.enabled + data.disabled;
  return (
    <CountCard
      title={type.title}
      icon={<Icon size={20} stroke={1.6} aria-hidden />}
      count={error === null ? total : null}
      link={isEntityTypeName(type.name) && <ViewAll type={type.name} domainId={domainId} />}
    >
      {data !== undefined && (
        <>
          <Progress.Root size={6} mt="sm" aria-hidden="true">
            <Progress.Section
              color="verdigris"
              value={total === 0 ? 0 : (100 * data.enabled) / Math.max(1, total ?? 1)}
            />
          </Progress.Root>
          <Group gap="md" mt={8}>
            <Text size="xs" c="dimmed">
              {data.enabled.toLocaleString("en")} enabled
            </Text>
            <Text size="xs" c="dimmed">
              {data.disabled.toLocaleString("en")} disabled
            </Text>
          </Group>
        </>
      )}
    </CountCard>
  );
}

function ViewAll({ type, domainId }: { type: EntityTypeName; domainId: string }) {
  return (
    <LinkAnchor
      to="/domains/$domainId/$type"
      params={{ domainId, type }}
      size="sm"
      aria-label={`View all ${type}`}
    >
      View all
    </LinkAnchor>
  );
}
