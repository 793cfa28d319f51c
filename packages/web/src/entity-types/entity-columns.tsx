import { Code, Group } from "@mantine/core";
import { readWireTime } from "@tessera/sdk";
import type { Entity, EntityTypeName } from "../api/entities.ts";
import { entityName } from "../api/entities.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import type { DataColumn } from "../ui/data-table.tsx";
import { LinkAnchor } from "../ui/links.tsx";
import { Name } from "../ui/name.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { StatusBadge } from "../ui/status-badge.tsx";
import { Tags } from "../ui/tags.tsx";
import { entityTypeRows } from "./rows.ts";

/** The columns of every table of entities of the type. */
export function entityColumns(type: EntityTypeName): readonly DataColumn<Entity>[] {
  return [
    {
      id: "name",
      header: "Name",
      order: "name",
      isFixed: true,
      cell: (entity) => (
        <LinkAnchor
          to="/domains/$domainId/$type/$id"
          params={{ domainId: entity.domain_id, type, id: entity.id }}
          inherit
          fw={550}
          c="var(--mantine-color-text)"
          style={{ overflowWrap: "anywhere" }}
        >
          <Name>{entityName(entity)}</Name>
        </LinkAnchor>
      ),
    },
    ...entityTypeRows[type].columns,
    { id: "tags", header: "Tags", cell: ({ tags }) => <Tags tags={tags} atMost={3} /> },
    { id: "status", header: "Status", cell: ({ status }) => <StatusBadge status={status} /> },
    {
      id: "created",
      header: "Created At",
      order: "created_at",
      room: "wide",
      cell: ({ created_at }) => <RelativeTime at={readWireTime(created_at)} never="–" />,
    },
    {
      id: "updated",
      header: "Updated At",
      order: "updated_at",
      cell: ({ updated_at }) => (
        <RelativeTime at={readWireTime(updated_at)} never="Not updated yet" />
      ),
    },
    {
      id: "id",
      header: "ID",
      isHiddenAtFirst: true,
      cell: ({ id }) => (
        <Group gap={4} wrap="nowrap">
          <Code>{id}</Code>
          <CopyButton text={id} what="ID" />
        </Group>
      ),
    },
  ];
}
