import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { readWireTime } from "@tessera/sdk";
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
import { NewClientSecret, UpdateSecretDialog } from "../../entity-types/client-secret.tsx";
import { PersonLabel } from "../../parts/person-label.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Field, Fields } from "../../ui/fields.tsx";
import { InlineEdit } from "../../ui/inline-edit.tsx";
import { JsonEdit } from "../../ui/json-edit.tsx";
import { LockedNote } from "../../ui/locked-note.tsx";
import { Name } from "../../ui/name.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { TagsEdit } from "../../ui/tags-edit.tsx";
import { type EntityDialog, EntityDialogs } from "./entity-dialogs.tsx";
import { GroupPath } from "./group-path.tsx";
import { OwnAccess } from "./own-access.tsx";
import { setParentOperation } from "./parent-operations.ts";

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
  const [isUpdatingSecret, setIsUpdatingSecret] = useState(false);
  const { singular } = entityTypes[type];
  const calls = entityCalls[type];
  const isEnabled = entity.status === "enabled";
  const isLocked = !isEnabled || !rights.may("update");
  const lockedBecause =
    rights.whyNot("update") ?? (isEnabled ? undefined : `Enable the ${singular} to change it`);
  const update = useChange(
    (body: Parameters<typeof calls.update>[0]["body"]) => calls.update({ domainId, id, body }),
    { stale: staleEntities(domainId) },
  );
  const updateTags = useChange(
    (tags: string[]) => calls.update_tags({ domainId, id, body: { tags } }),
    { stale: staleEntities(domainId) },
  );
  const parentId = parentGroupIdOf(entity);

  return (
    <Stack gap="xl">
      {type === "clients" && <NewClientSecret client={entity} />}
      <LockedNote because={lockedBecause} />
      <Fields>
        <Field label="Name">
          <InlineEdit
            label="Name"
            value={entity.name}
            placeholder="No name"
            maxLength={1024}
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
        {type === "groups" && (
          <Field label="Description">
            <InlineEdit
              label="Description"
              value={entity.description ?? ""}
              placeholder="No description"
              maxLength={1024}
              isMultiline
              isLocked={isLocked}
              onSave={(description) => update.mutateAsync({ description })}
            />
          </Field>
        )}
        {type === "channels" && (
          <Field label="Route">
            {entity.route === undefined || entity.route === "" ? (
              <Text size="sm" c="dimmed">
                None
              </Text>
            ) : (
              <Group gap={4}>
                <Code>
                  <Name>{entity.route}</Name>
                </Code>
                <CopyButton text={entity.route} what="route" />
              </Group>
            )}
          </Field>
        )}
        {type === "clients" && (
          <Field
            label="Secret"
            actions={
              rights.may("update_secret") &&
              isEnabled && (
                <Button variant="default" size="xs" onClick={() => setIsUpdatingSecret(true)}>
                  Update secret
                </Button>
              )
            }
          >
            <Text size="sm" c="dimmed">
              Kept as a digest; shown only when it is made
            </Text>
          </Field>
        )}
        {entity.credentials?.identity !== undefined && entity.credentials.identity !== "" && (
          <Field label="Identity">
            <Group gap={4}>
              <Code>
                <Name>{entity.credentials.identity}</Name>
              </Code>
              <CopyButton text={entity.credentials.identity} what="identity" />
            </Group>
          </Field>
        )}
        <Field label="Tags">
          <TagsEdit
            tags={entity.tags}
            isLocked={!isEnabled || !rights.may("update_tags")}
            onSave={(tags) => updateTags.mutateAsync(tags)}
          />
        </Field>
        <Field
          label="Parent group"
          actions={
            <Group gap="sm">
              {rights.may(setParentOperation(type)) && (
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
      {type === "clients" && (
        <UpdateSecretDialog
          client={entity}
          isOpen={isUpdatingSecret}
          onClose={() => setIsUpdatingSecret(false)}
        />
      )}
    </Stack>
  );
}
