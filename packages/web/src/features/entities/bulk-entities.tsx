import { Checkbox, Group, TagsInput } from "@mantine/core";
import { maximumCount } from "@tessera/sdk";
import { useState } from "react";
import { api } from "../../api/client.ts";
import {
  type Entity,
  type EntityTypeName,
  entityCalls,
  entityName,
  entityTypes,
} from "../../api/entities.ts";
import { staleEntities } from "../../api/stale.ts";
import type { ConnectionRow } from "../../entity-types/entity-type-row.ts";
import { entityTypeRows } from "../../entity-types/rows.ts";
import { BulkDialog } from "../../parts/bulk-dialog.tsx";
import { EntitiesPicker, EntityPicker } from "../../parts/entity-picker.tsx";
import { renderChosen } from "../../ui/choices.tsx";
import type { BulkAction } from "./bulk-actions.ts";
import { moveToGroup } from "./entity-dialogs.tsx";

interface BulkEntitiesProps {
  readonly action: BulkAction;
  readonly type: EntityTypeName;
  readonly domainId: string;
  readonly entities: readonly Entity[];
  /** Those that it could not be done to. */
  readonly onEnd: (left: readonly Entity[]) => void;
  readonly onClose: () => void;
}

/** Does the same to several entities of a type. */
export function BulkEntities(props: BulkEntitiesProps) {
  const { action, type } = props;
  const { connections } = entityTypeRows[type];
  if (action === "tag") return <TagDialog {...props} />;
  if (action === "assign") return <AssignDialog {...props} />;
  if (action === "delete") return <DeleteDialog {...props} />;
  if (action !== "connect") return <StatusDialog {...props} action={action} />;
  return connections === undefined ? null : <ConnectDialog {...props} connections={connections} />;
}

type DialogProps = Omit<BulkEntitiesProps, "action">;

function commonOf({ type, domainId, entities, onEnd, onClose }: DialogProps) {
  return {
    items: entities,
    nameOf: (entity: Entity) => entityName(entity),
    stale: staleEntities(domainId),
    type,
    onEnd,
    onClose,
  };
}

function StatusDialog({ action, ...props }: DialogProps & { action: "enable" | "disable" }) {
  const { type, domainId } = props;
  const isEnabling = action === "enable";
  return (
    <BulkDialog
      {...commonOf(props)}
      title={`${isEnabling ? "Enable" : "Disable"} ${type}`}
      verb={isEnabling ? "Enable" : "Disable"}
      done={isEnabling ? "enabled" : "disabled"}
      isHarmless={isEnabling}
      act={async ({ id, status }) => {
        if (status !== `${action}d`) await entityCalls[type][action]({ domainId, id });
      }}
    >
      {isEnabling
        ? "They can be used and changed again."
        : "They can be neither used nor changed until they are enabled again. Nothing of them is lost."}
    </BulkDialog>
  );
}

function DeleteDialog(props: DialogProps) {
  const { type, domainId } = props;
  return (
    <BulkDialog
      {...commonOf(props)}
      title={`Delete ${type}`}
      verb="Delete"
      done="deleted"
      act={({ id }) => entityCalls[type].delete({ domainId, id })}
    >
      They will be deleted. Of each: {entityTypeRows[type].alsoLost} Tokens lose the scopes that
      name them.
    </BulkDialog>
  );
}

function TagDialog(props: DialogProps) {
  const { type, domainId } = props;
  const [tags, setTags] = useState<string[]>([]);
  const [wasTried, setWasTried] = useState(false);
  return (
    <BulkDialog
      {...commonOf(props)}
      title={`Tag ${type}`}
      verb="Tag"
      done="tagged"
      isHarmless
      onTry={() => {
        setWasTried(true);
        return tags.length > 0;
      }}
      act={async ({ id }) => {
        // Others may have changed them since they were listed.
        const { tags: present } = await entityCalls[type].view({
          domainId,
          id,
          query: { roles: false },
        });
        const wanted = [...new Set([...present, ...tags])];
        if (wanted.length === present.length) return;
        await entityCalls[type].update_tags({ domainId, id, body: { tags: wanted } });
      }}
      fields={
        <TagsInput
          label="Tags to add"
          withAsterisk
          description="Press Enter to add one"
          maxTags={maximumCount.tags}
          acceptValueOnBlur
          data-autofocus
          renderPill={renderChosen}
          value={tags}
          onChange={setTags}
          error={wasTried && tags.length === 0 && "Enter a tag"}
        />
      }
    >
      The tags they have stay.
    </BulkDialog>
  );
}

function AssignDialog(props: DialogProps) {
  const { type, domainId, entities } = props;
  const [groupId, setGroupId] = useState<string | null>(null);
  const [wasTried, setWasTried] = useState(false);
  return (
    <BulkDialog
      {...commonOf(props)}
      title="Assign to group"
      verb="Assign"
      done="assigned"
      isHarmless
      onTry={() => {
        setWasTried(true);
        return groupId !== null;
      }}
      act={async (entity) => {
        if (groupId !== null) await moveToGroup(type, entity, groupId);
      }}
      fields={
        <EntityPicker
          type="groups"
          domainId={domainId}
          label="Parent group"
          placeholder="Select a group"
          isRequired
          value={groupId}
          onChange={setGroupId}
          without={type === "groups" ? entities.map(({ id }) => id) : []}
          error={wasTried && groupId === null ? "Select a group" : undefined}
        />
      }
    >
      They leave the groups they are in now, and members of the new one reach them.
    </BulkDialog>
  );
}

const connectionTypes = [
  { value: "publish", label: "Publish" },
  { value: "subscribe", label: "Subscribe" },
] as const;

function ConnectDialog({
  connections: { other, idsOf },
  ...props
}: DialogProps & { readonly connections: ConnectionRow }) {
  const { domainId } = props;
  const [ids, setIds] = useState<string[]>([]);
  const [types, setTypes] = useState<string[]>(["publish", "subscribe"]);
  const [wasTried, setWasTried] = useState(false);
  return (
    <BulkDialog
      {...commonOf(props)}
      title={`Connect to ${other}`}
      verb="Connect"
      done="connected"
      isHarmless
      onTry={() => {
        setWasTried(true);
        return ids.length > 0 && types.length > 0;
      }}
      act={({ id }) =>
        api.channels.connect_many({
          domainId,
          body: {
            ...idsOf(id, ids),
            types: connectionTypes.flatMap(({ value }) => (types.includes(value) ? [value] : [])),
          },
        })
      }
      fields={
        <>
          <EntitiesPicker
            type={other}
            domainId={domainId}
            label={entityTypes[other].title}
            placeholder={`Select ${other}`}
            isRequired
            value={ids}
            onChange={setIds}
            error={wasTried && ids.length === 0 ? `Select ${other}` : undefined}
          />
          <Checkbox.Group
            label="Connection types"
            withAsterisk
            value={types}
            onChange={setTypes}
            error={wasTried && types.length === 0 ? "Choose at least one" : undefined}
          >
            <Group mt="xs">
              {connectionTypes.map((known) => (
                <Checkbox key={known.value} {...known} />
              ))}
            </Group>
          </Checkbox.Group>
        </>
      }
    >
      Each of them is connected to each of these.
    </BulkDialog>
  );
}
