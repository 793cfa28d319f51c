import { Alert, Button, Code, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { builtInEntityTypes, maximumLength, readWireTime } from "@tessera/sdk";
import { useState } from "react";
import { knownCatalogueQuery } from "../../api/catalogue.ts";
import { builtInTypes } from "../../api/entities.ts";
import { useHeldActions } from "../../api/rights.ts";
import { type Role, type RolePlace, roleActionsQuery, roleCalls } from "../../api/roles.ts";
import { staleRoles } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { rolePlaceRows } from "../../entity-types/rows.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { Field, Fields } from "../../ui/fields.tsx";
import { Form } from "../../ui/form.tsx";
import { InlineEdit } from "../../ui/inline-edit.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { Name } from "../../ui/name.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { isolated } from "../../words/foreign-text.ts";
import { groupActions } from "./action-groups.ts";
import classes from "./action-picker.module.css";
import { ActionPicker } from "./action-picker.tsx";
import { actionWords } from "./action-words.ts";
import { RoleMembers } from "./role-members.tsx";
import type { RolesSearch } from "./roles-search.ts";

interface RoleViewProps {
  readonly place: RolePlace;
  readonly role: Role;
  readonly search: RolesSearch;
  readonly onSearch: (search: RolesSearch) => void;
  readonly onDeleted: () => Promise<void>;
}

/** What a role is called, what it allows, and who has it. */
export function RoleView({ place, role, search, onSearch, onDeleted }: RoleViewProps) {
  const { domainId, type, id } = place;
  const { holds } = useHeldActions(place);
  const [isDeleting, setIsDeleting] = useState(false);
  const mayManage = holds("manage_role") && !role.built_in;
  const rename = useChange(
    (name: string) => roleCalls(type).update({ domainId, id, roleId: role.id, body: { name } }),
    { done: "Saved", stale: staleRoles(domainId) },
  );
  const remove = useChange(() => roleCalls(type).remove({ domainId, id, roleId: role.id }), {
    done: `“${isolated(role.name)}” is deleted`,
    onDone: async () => {
      setIsDeleting(false);
      await onDeleted();
    },
    stale: staleRoles(domainId),
  });
  return (
    <Stack gap="xl">
      {role.built_in && (
        <Alert color="gray" icon={<IconLock aria-hidden />}>
          This role came with the object and always allows everything. It can be neither renamed nor
          deleted.
        </Alert>
      )}
      <Fields>
        <Field label="Name">
          {mayManage ? (
            <InlineEdit
              label="Name"
              value={role.name}
              placeholder="Enter name"
              maxLength={maximumLength.roleName}
              isRequired
              onSave={(name) => rename.mutateAsync(name.trim())}
            />
          ) : (
            <Name>{role.name}</Name>
          )}
        </Field>
        <Field label="ID">
          <Group gap={4}>
            <Code>{role.id}</Code>
            <CopyButton text={role.id} what="ID" />
          </Group>
        </Field>
        <Field label="Created">
          <RelativeTime at={readWireTime(role.created_at)} never="–" />
        </Field>
      </Fields>
      <Actions place={place} role={role} mayManage={mayManage} />
      <RoleMembers place={place} role={role} search={search} onSearch={onSearch} />
      {mayManage && (
        <Group justify="flex-end">
          <Button variant="outline" color="brick" onClick={() => setIsDeleting(true)}>
            Delete role
          </Button>
        </Group>
      )}
      <ConfirmDialog
        isOpen={isDeleting}
        title="Delete role"
        verb="Delete"
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onClose={() => setIsDeleting(false)}
      >
        <strong>
          <Name>{role.name}</Name>
        </strong>{" "}
        is deleted, and everybody who has it loses what it allows.
        {` ${rolePlaceRows[type].lossOfDeletedRole}`}
      </ConfirmDialog>
    </Stack>
  );
}

interface ActionsProps {
  readonly place: RolePlace;
  readonly role: Role;
  readonly mayManage: boolean;
}

function Actions({ place, role, mayManage }: ActionsProps) {
  const { type } = place;
  const [isEditing, setIsEditing] = useState(false);
  const actions = useQuery(roleActionsQuery(place, role.id));
  const held = actions.data?.actions ?? [];
  const known = builtInTypes[type];
  const { data: catalogue } = useQuery(knownCatalogueQuery);
  const own = { singular: known.singular, actions: known.ownActions };
  const groups = groupActions(held, own, catalogue?.entityTypes ?? builtInEntityTypes);
  return (
    <section aria-labelledby="role-actions">
      <Group justify="space-between" mb="md">
        <Title order={2} id="role-actions">
          Actions
        </Title>
        {mayManage && actions.data !== undefined && (
          <Button variant="default" onClick={() => setIsEditing(true)}>
            Edit actions
          </Button>
        )}
      </Group>
      <FailureNotice error={actions.error} onRetry={() => void actions.refetch()} />
      {actions.isPending && <LoadingRows count={2} />}
      {actions.data !== undefined && (
        <Paper withBorder p="lg">
          {groups.length === 0 && (
            <Text size="sm" c="dimmed">
              It allows nothing yet.
            </Text>
          )}
          <Stack gap="md">
            {groups.map(({ title, actions: ofGroup }) => (
              <Stack key={title} gap={6}>
                <Title order={3}>{title}</Title>
                <dl className={classes.words}>
                  {ofGroup.map((action) => (
                    <div key={action}>
                      <dt className={classes.name}>{action}</dt>
                      <dd>
                        {(catalogue && actionWords(catalogue, type, action)?.text) ??
                          "Nothing that this server keeps"}
                      </dd>
                    </div>
                  ))}
                </dl>
              </Stack>
            ))}
          </Stack>
        </Paper>
      )}
      <Dialog isOpen={isEditing} onClose={() => setIsEditing(false)} title="Edit actions" size="xl">
        <EditActions
          place={place}
          roleId={role.id}
          held={held}
          onClose={() => setIsEditing(false)}
        />
      </Dialog>
    </section>
  );
}

interface EditActionsProps {
  readonly place: RolePlace;
  readonly roleId: string;
  readonly held: readonly string[];
  readonly onClose: () => void;
}

function EditActions({ place, roleId, held, onClose }: EditActionsProps) {
  const { domainId, type, id } = place;
  const { mayGive } = useHeldActions(place);
  const [wanted, setWanted] = useState<string[]>([...held]);
  const save = useChange(
    async () => {
      const added = wanted.filter((action) => !held.includes(action));
      const removed = held.filter((action) => !wanted.includes(action));
      const role = { domainId, id, roleId };
      if (added.length > 0)
        await roleCalls(type).add_actions({ ...role, body: { actions: added } });
      if (removed.length > 0) {
        await roleCalls(type).remove_actions({ ...role, body: { actions: removed } });
      }
    },
    { done: "The actions are saved", onDone: onClose, stale: staleRoles(domainId) },
  );
  return (
    <Form change={save} verb="Save" onClose={onClose} onSubmit={() => save.mutate()}>
      <ActionPicker
        type={type}
        value={wanted}
        mayChoose={(action) => held.includes(action) || mayGive(action)}
        onChange={setWanted}
      />
    </Form>
  );
}
