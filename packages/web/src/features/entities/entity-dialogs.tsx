import { Text } from "@mantine/core";
import { useState } from "react";
import {
  type Entity,
  type EntityTypeName,
  entityCalls,
  entityName,
  entityTypes,
  parentGroupIdOf,
} from "../../api/entities.ts";
import { staleEntities } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { entityTypeRows } from "../../entity-types/rows.ts";
import { EntityPicker } from "../../parts/entity-picker.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Form, useProblems } from "../../ui/form.tsx";
import { Name } from "../../ui/name.tsx";
import { isolated } from "../../words/foreign-text.ts";

/** What can be done to an entity after a question. */
export type EntityDialog = "enable" | "disable" | "delete" | "assign" | "unassign";

interface EntityDialogsProps {
  readonly type: EntityTypeName;
  readonly entity: Entity;
  /** The open dialog. */
  readonly dialog: EntityDialog | undefined;
  readonly onClose: () => void;
  readonly onDeleted?: () => Promise<void>;
}

/** The dialogs of one entity. */
export function EntityDialogs(props: EntityDialogsProps) {
  const { dialog, onClose } = props;
  return (
    <>
      <StatusDialog {...props} status="enable" />
      <StatusDialog {...props} status="disable" />
      <DeleteDialog {...props} />
      <UnassignDialog {...props} />
      <Dialog isOpen={dialog === "assign"} onClose={onClose} title="Assign to group">
        <AssignForm {...props} />
      </Dialog>
    </>
  );
}

function StatusDialog({
  type,
  entity,
  dialog,
  onClose,
  status,
}: EntityDialogsProps & { readonly status: "enable" | "disable" }) {
  const { singular } = entityTypes[type];
  const { domain_id: domainId, id } = entity;
  const change = useChange(() => entityCalls[type][status]({ domainId, id }), {
    done: `“${isolated(entityName(entity))}” is ${status}d`,
    onDone: onClose,
    stale: staleEntities(domainId),
  });
  return (
    <ConfirmDialog
      isOpen={dialog === status}
      title={`${status === "enable" ? "Enable" : "Disable"} ${singular}`}
      verb={status === "enable" ? "Enable" : "Disable"}
      isHarmless={status === "enable"}
      isPending={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      {status === "enable" ? (
        <>
          <strong>
            <Name>{entityName(entity)}</Name>
          </strong>{" "}
          can be used and changed again.
        </>
      ) : (
        <>
          <strong>
            <Name>{entityName(entity)}</Name>
          </strong>{" "}
          can be neither used nor changed until it is enabled again. Nothing of it is lost.
        </>
      )}
    </ConfirmDialog>
  );
}

function DeleteDialog({ type, entity, dialog, onClose, onDeleted }: EntityDialogsProps) {
  const { domain_id: domainId, id } = entity;
  const remove = useChange(() => entityCalls[type].delete({ domainId, id }), {
    done: `“${isolated(entityName(entity))}” is deleted`,
    onDone: async () => {
      onClose();
      await onDeleted?.();
    },
    stale: staleEntities(domainId),
  });
  return (
    <ConfirmDialog
      isOpen={dialog === "delete"}
      title={`Delete ${entityTypes[type].singular}`}
      verb="Delete"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <strong>
        <Name>{entityName(entity)}</Name>
      </strong>{" "}
      will be deleted. {entityTypeRows[type].alsoLost} Tokens lose the scopes that name it.
    </ConfirmDialog>
  );
}

function UnassignDialog({ type, entity, dialog, onClose }: EntityDialogsProps) {
  const { domain_id: domainId } = entity;
  const remove = useChange(() => entityTypeRows[type].parent.remove(refOf(entity)), {
    done: `“${isolated(entityName(entity))}” has no parent group any more`,
    onDone: onClose,
    stale: staleEntities(domainId),
  });
  return (
    <ConfirmDialog
      isOpen={dialog === "unassign"}
      title="Remove parent group"
      verb="Remove"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      Who reaches{" "}
      <strong>
        <Name>{entityName(entity)}</Name>
      </strong>{" "}
      only by a role in the group will not reach it any more.
    </ConfirmDialog>
  );
}

function AssignForm({ type, entity, onClose }: EntityDialogsProps) {
  const { domain_id: domainId } = entity;
  const presentId = parentGroupIdOf(entity);
  const [groupId, setGroupId] = useState<string | null>(null);
  const assign = useChange((wantedId: string) => moveToGroup(type, entity, wantedId), {
    done: `“${isolated(entityName(entity))}” is in the group`,
    onDone: onClose,
    stale: staleEntities(domainId),
  });
  const problems = useProblems({ group: groupId === null ? "Select a group" : undefined });
  return (
    <Form
      change={assign}
      verb="Assign"
      onClose={onClose}
      onSubmit={() => problems.attempt(() => groupId !== null && assign.mutate(groupId))}
    >
      <Text size="sm">
        Members of the group, and of the groups above it, reach{" "}
        <strong>
          <Name>{entityName(entity)}</Name>
        </strong>{" "}
        as far as their roles there allow.
        {presentId !== undefined && " It leaves the group it is in now."}
      </Text>
      <EntityPicker
        type="groups"
        domainId={domainId}
        label="Parent group"
        placeholder="Select a group"
        isRequired
        value={groupId}
        onChange={setGroupId}
        without={[entity.id, presentId ?? ""]}
        error={problems.shown.group}
      />
    </Form>
  );
}

/** The server moves nothing from group to group in one step: where the second step fails, the first is taken back. */
export async function moveToGroup(
  type: EntityTypeName,
  entity: Entity,
  groupId: string,
): Promise<void> {
  const presentId = parentGroupIdOf(entity);
  if (presentId === groupId) return;
  const { parent } = entityTypeRows[type];
  if (presentId !== undefined) await parent.remove(refOf(entity));
  try {
    await parent.set(refOf(entity), groupId);
  } catch (error) {
    if (presentId !== undefined) await parent.set(refOf(entity), presentId);
    throw error;
  }
}

function refOf({ domain_id: domainId, id }: Entity) {
  return { domainId, id };
}
