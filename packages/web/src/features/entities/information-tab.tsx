import { Button, Code, Group, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { maximumCount, maximumLength, readWireTime } from "@tessera/sdk";
import { useState } from "react";
import {
  type Entity,
  type EntityTypeName,
  entityCalls,
  entityQuery,
  entityTypes,
  parentGroupIdOf,
} from "../../api/entities.ts";
import { useRights } from "../../api/rights.ts";
import { staleEntities } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { entityTypeRows } from "../../entity-types/rows.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Field, Fields } from "../../ui/fields.tsx";
import { InlineEdit } from "../../ui/inline-edit.tsx";
import { JsonEdit } from "../../ui/json-edit.tsx";
import { LockedNote } from "../../ui/locked-note.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { TagsEdit } from "../../ui/tags-edit.tsx";
import { type EntityDialog, EntityDialogs } from "./entity-dialogs.tsx";
import { GroupPath } from "./group-path.tsx";
import { OwnAccess } from "./own-access.tsx";

const route = getRouteApi("/frame/domains/$domainId/$type/$id");

/** What an entity is, each part changed in its place. */
export function InformationTab() {
  const { domainId, type, id } = route.useParams();
  const { data: entity } = useQuery(entityQuery(type, domainId, id));
  return entity === undefined ? null : <Information type={type} entity={entity} />;
}

function Information({ type, entity }: { type: EntityTypeName; entity: Entity }) {
  const { domain_id: domainId, id } = entity;
  const navigate = useNavigate();
  const rights = useRights(type, domainId, id);
  const [dialog, setDialog] = useState<EntityDialog>();
  const { singular } = entityTypes[type];
  const { Notice, OwnFields, parent } = entityTypeRows[type];
  const calls = entityCalls[type];
  const isEnabled = entity.status === "enabled";
  const isLocked = !isEnabled || !rights.may("update");
  const lockedBecause =
    rights.whyNot("update") ?? (isEnabled ? undefined : `Enable the ${singular} to change it`);
  const update = useChange(
    (body: Parameters<typeof calls.update>[0]["body"]) => calls.update({ domainId, id, body }),
    { done: "Saved", stale: staleEntities(domainId) },
  );
  const updateTags = useChange(
    (tags: string[]) => calls.update_tags({ domainId, id, body: { tags } }),
    { done: "Saved", stale: staleEntities(domainId) },
  );
  const parentId = parentGroupIdOf(entity);

  return (
    <Stack gap="xl">
      {Notice !== undefined && <Notice entity={entity} />}
      <LockedNote because={lockedBecause} />
      <Fields>
        <Field label="Name">
          <InlineEdit
            label="Name"
            value={entity.name}
            placeholder="No name"
            maxLength={maximumLength.name}
            isRequired
            isLocked={isLocked}
            onSave={(name) => update.mutateAsync({ name: name.trim() })}
          />
        </Field>
        <Field label="ID">
          <Group gap={4}>
            <Code>{id}</Code>
            <CopyButton text={id} what="ID" />
          </Group>
        </Field>
        <OwnFields
          entity={entity}
          rights={rights}
          isLocked={isLocked}
          onUpdate={(body) => update.mutateAsync(body)}
        />
        <Field label="Tags">
          <TagsEdit
            tags={entity.tags}
            atMost={maximumCount.tags}
            isLocked={!isEnabled || !rights.may("update_tags")}
            onSave={(tags) => updateTags.mutateAsync(tags)}
          />
        </Field>
        <Field
          label="Parent group"
          actions={
            <Group gap="sm">
              {rights.may(parent.setOperation) && (
                <Button variant="default" size="xs" onClick={() => setDialog("assign")}>
                  {parentId === undefined ? "Assign" : "Move"}
                </Button>
              )}
              {parentId !== undefined && rights.may("remove_parent_group") && (
                <Button variant="default" size="xs" onClick={() => setDialog("unassign")}>
                  Remove
                </Button>
              )}
            </Group>
          }
        >
          <GroupPath domainId={domainId} groupId={parentId} />
        </Field>
        <Field label="Metadata">
          <JsonEdit
            label="Metadata"
            value={entity.metadata}
            isLocked={isLocked}
            onSave={(metadata) => update.mutateAsync({ metadata })}
          />
        </Field>
        {entity.private_metadata !== undefined && (
          <Field label="Private metadata">
            <JsonEdit
              label="Private metadata"
              value={entity.private_metadata}
              isLocked={isLocked}
              onSave={(private_metadata) => update.mutateAsync({ private_metadata })}
            />
          </Field>
        )}
        <Field
          label="Status"
          actions={
            rights.may(isEnabled ? "disable" : "enable") && (
              <Button
                size="xs"
                variant="default"
                onClick={() => setDialog(isEnabled ? "disable" : "enable")}
              >
                {isEnabled ? "Disable" : "Enable"}
              </Button>
            )
          }
        >
          <StatusBadge status={entity.status} />
        </Field>
        <Field label="Your access">
          <OwnAccess ways={entity.roles ?? []} />
        </Field>
        <Field label="Created">
          <Group gap={6}>
            <RelativeTime at={readWireTime(entity.created_at)} never="–" />
            {entity.created_by !== undefined && (
              <>
                by <PersonLabel userId={entity.created_by} />
              </>
            )}
          </Group>
        </Field>
        <Field label="Updated">
          <RelativeTime at={readWireTime(entity.updated_at)} never="Not updated yet" />
        </Field>
      </Fields>
      {rights.may("delete") && (
        <Group justify="flex-end">
          <Button variant="outline" color="brick" onClick={() => setDialog("delete")}>
            {`Delete ${singular}`}
          </Button>
        </Group>
      )}
      <EntityDialogs
        type={type}
        entity={entity}
        dialog={dialog}
        onClose={() => setDialog(undefined)}
        onDeleted={() => navigate({ to: "/domains/$domainId/$type", params: { domainId, type } })}
      />
    </Stack>
  );
}
