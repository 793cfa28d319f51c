import { Button, Group, Stack } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { type Entity, type EntityTypeName, entityQuery, entityTypes } from "../../api/entities.ts";
import { useRights } from "../../api/rights.ts";
import { staleEntities } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { entityTypeRows } from "../../entity-types/rows.ts";
import { EntitiesPicker } from "../../parts/entity-picker.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Form, useProblems } from "../../ui/form.tsx";
import { Name } from "../../ui/name.tsx";
import { isolated } from "../../words/foreign-text.ts";
import { CreateEntityDialog } from "./create-entity-dialog-part.tsx";
import type { EntitiesSearch } from "./entities-search.ts";
import { EntityTable } from "./entity-table.tsx";
import { GroupTree } from "./group-tree.tsx";

const contentsRoute = getRouteApi("/frame/domains/$domainId/$type/$id/$contents");
const subgroupsRoute = getRouteApi("/frame/domains/$domainId/$type/$id/subgroups");

/** What is in a group and in those below it, of one type. */
export function GroupContentsTab() {
  const { domainId, id, contents } = contentsRoute.useParams();
  const navigate = contentsRoute.useNavigate();
  return (
    <Contents
      key={contents}
      type={contents}
      domainId={domainId}
      groupId={id}
      search={contentsRoute.useSearch()}
      onSearch={(search) => void navigate({ search })}
    />
  );
}

interface ContentsProps {
  readonly type: EntityTypeName;
  readonly domainId: string;
  readonly groupId: string;
  readonly search: EntitiesSearch;
  readonly onSearch: (search: EntitiesSearch) => void;
}

function Contents({ type, domainId, groupId, search, onSearch }: ContentsProps) {
  const { singular } = entityTypes[type];
  const inDomain = useRights("domains", domainId, domainId);
  const inGroup = useRights("groups", domainId, groupId);
  const [open, setOpen] = useState<"assign" | "create">();
  const mayAssign = inGroup.may(`set_child_${singular}`);
  const { Icon } = entityTypeRows[type];
  return (
    <Stack gap="md">
      {mayAssign && (
        <Group gap="sm" justify="flex-end">
          <Button variant="default" onClick={() => setOpen("assign")}>
            {`Assign ${type}`}
          </Button>
          {inDomain.may(`create_${type}`) && (
            <Button
              leftSection={<IconPlus size={17} aria-hidden />}
              onClick={() => setOpen("create")}
            >
              Create
            </Button>
          )}
        </Group>
      )}
      <EntityTable
        type={type}
        domainId={domainId}
        search={search}
        onSearch={onSearch}
        filter={{ group: groupId }}
        empty={
          <EmptyState
            icon={<Icon />}
            title={`No ${type} in this group`}
            description={mayAssign ? `Assign ${type} that exist already, or create one here.` : ""}
          />
        }
        noMatch={
          <EmptyState
            icon={<Icon />}
            title={`No ${type} match`}
            description="Search for something else, or with another status."
            action={
              <Button variant="default" onClick={() => onSearch({ status: "all" })}>
                {`Show all ${type}`}
              </Button>
            }
          />
        }
      />
      <AssignDialog
        type={type}
        domainId={domainId}
        groupId={groupId}
        isOpen={open === "assign"}
        onClose={() => setOpen(undefined)}
      />
      {open === "create" && (
        <CreateEntityDialog
          type={type}
          domainId={domainId}
          groupId={groupId}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Stack>
  );
}

interface AssignDialogProps {
  readonly type: EntityTypeName;
  readonly domainId: string;
  readonly groupId: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Puts entities that exist already into a group. */
function AssignDialog(props: AssignDialogProps) {
  const { inGroup } = entityTypeRows[props.type];
  return (
    <Dialog isOpen={props.isOpen} onClose={props.onClose} title={`Assign ${inGroup}`}>
      <AssignForm {...props} />
    </Dialog>
  );
}

function AssignForm({ type, domainId, groupId, onClose }: AssignDialogProps) {
  const [ids, setIds] = useState<string[]>([]);
  const assign = useChange(
    () =>
      entityTypeRows[type].putIntoGroup({ domainId, id: groupId }, ids, (id) =>
        // What is done already is not to be tried again after a failure.
        setIds((left) => left.filter((other) => other !== id)),
      ),
    {
      done: "Assigned to the group",
      isInParts: true,
      onDone: onClose,
      stale: staleEntities(domainId),
    },
  );
  const problems = useProblems({ entities: ids.length === 0 ? `Select ${type}` : undefined });
  return (
    <Form
      change={assign}
      verb="Assign"
      onClose={onClose}
      closeVerb="Close"
      onSubmit={() => problems.attempt(() => assign.mutate())}
    >
      <EntitiesPicker
        type={type}
        domainId={domainId}
        label={entityTypes[type].title}
        placeholder={`Select ${type}`}
        isRequired
        value={ids}
        onChange={setIds}
        without={[groupId]}
        error={problems.shown.entities}
      />
    </Form>
  );
}

/** The groups below a group. */
export function SubgroupsTab() {
  const { domainId, id } = subgroupsRoute.useParams();
  const { data: group } = useQuery(entityQuery("groups", domainId, id));
  const inDomain = useRights("domains", domainId, domainId);
  const rights = useRights("groups", domainId, id);
  const [open, setOpen] = useState<"assign" | "create" | "clear" | "remove">();
  const [removed, setRemoved] = useState<Entity>();
  const close = () => setOpen(undefined);
  const clear = useChange(() => api.groups.remove_all_children_groups({ domainId, id }), {
    done: "All subgroups are removed from the group",
    onDone: close,
    stale: staleEntities(domainId),
  });
  const remove = useChange(
    (childId: string) =>
      api.groups.remove_children_groups({ domainId, id, body: { children_ids: [childId] } }),
    {
      done: "The subgroup is removed from the group",
      onDone: close,
      stale: staleEntities(domainId),
    },
  );
  return (
    <Stack gap="md">
      <Group gap="sm" justify="flex-end">
        {rights.may("add_children_groups") && (
          <>
            <Button variant="default" onClick={() => setOpen("assign")}>
              Assign subgroups
            </Button>
            {inDomain.may("create_groups") && (
              <Button
                leftSection={<IconPlus size={17} aria-hidden />}
                onClick={() => setOpen("create")}
              >
                Create
              </Button>
            )}
          </>
        )}
        {rights.may("remove_all_children_groups") && (
          <Button variant="outline" color="brick" onClick={() => setOpen("clear")}>
            Remove all
          </Button>
        )}
      </Group>
      <GroupTree
        domainId={domainId}
        rootId={id}
        action={(child) =>
          rights.may("remove_children_groups") && (
            <Button
              variant="default"
              size="compact-sm"
              aria-label={`Remove ${isolated(child.name)} from this group`}
              onClick={() => {
                setRemoved(child);
                setOpen("remove");
              }}
            >
              Remove
            </Button>
          )
        }
        empty={
          <EmptyState
            icon={<entityTypeRows.groups.Icon />}
            title="No subgroups"
            description={
              rights.may("add_children_groups")
                ? "Assign groups that exist already, or create one here."
                : ""
            }
          />
        }
      />
      <AssignDialog
        type="groups"
        domainId={domainId}
        groupId={id}
        isOpen={open === "assign"}
        onClose={close}
      />
      {open === "create" && (
        <CreateEntityDialog type="groups" domainId={domainId} groupId={id} onClose={close} />
      )}
      <ConfirmDialog
        isOpen={open === "clear"}
        title="Remove all subgroups"
        verb="Remove all"
        isPending={clear.isPending}
        error={clear.error}
        onConfirm={() => clear.mutate()}
        onClose={close}
      >
        All groups directly below{" "}
        <strong>
          <Name>{group?.name}</Name>
        </strong>{" "}
        leave it. They stay, with all that is in them, at the top of the domain.
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={open === "remove"}
        title="Remove subgroup"
        verb="Remove"
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => removed !== undefined && remove.mutate(removed.id)}
        onClose={close}
      >
        <strong>
          <Name>{removed?.name}</Name>
        </strong>{" "}
        leaves{" "}
        <strong>
          <Name>{group?.name}</Name>
        </strong>{" "}
        and stays at the top of the domain.
      </ConfirmDialog>
    </Stack>
  );
}
