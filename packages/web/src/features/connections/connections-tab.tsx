import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { IconList, IconPlugConnected, IconTopologyBus } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../../api/client.ts";
import {
  type Entity,
  type EntityTypeName,
  entitiesQuery,
  entityName,
  entityTypes,
} from "../../api/entities.ts";
import { useRights } from "../../api/rights.ts";
import { staleEntities } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { entityColumns } from "../../entity-types/entity-columns.tsx";
import { entityTypeRows } from "../../entity-types/rows.ts";
import { EntitiesPicker } from "../../parts/entity-picker.tsx";
import { type DataColumn, DataTable } from "../../ui/data-table.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { Form, useProblems } from "../../ui/form.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { changeSearch, pageOf } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { LockedNote } from "../../ui/locked-note.tsx";
import { Name } from "../../ui/name.tsx";
import { SearchBox } from "../../ui/search-box.tsx";
import { capitalized } from "../../words/first-letter.ts";
import { isolated } from "../../words/foreign-text.ts";
import { chosenTypes, connectionTypes, hasType, type Side } from "./connection-types.ts";
import { TypeChoice } from "./type-choice.tsx";

const route = getRouteApi("/frame/domains/$domainId/$type/$id/connections");

const ConnectionGraph = lazyPart(
  async () => (await import("./graph/connection-graph.tsx")).ConnectionGraph,
);

/** What the client or channel of the page is connected to. */
export function ConnectionsTab() {
  const { domainId, type, id } = route.useParams();
  const { connections } = entityTypeRows[type];
  if (connections === undefined) return null;
  return <Connections key={id} {...{ type, domainId, id, connections }} />;
}

function Connections(side: Side) {
  const { type, domainId, id, connections } = side;
  const { other, filter, connectOperation, disconnectOperation } = connections;
  const what = entityTypes[other].singular;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const rights = useRights(type, domainId, id);
  const [isGraph, setIsGraph] = useState(false);
  const [isConnecting, setIsConnecting] = useState(false);
  const [disconnected, setDisconnected] = useState<Entity>();
  const [isDisconnectOpen, setIsDisconnectOpen] = useState(false);
  const list = useQuery({
    ...entitiesQuery(other, domainId, {
      ...pageOf(search),
      status: "all",
      [filter]: id,
      ...(search.order === undefined ? {} : { order: search.order }),
      ...(search.dir === undefined ? {} : { dir: search.dir }),
      ...(search.q === undefined ? {} : { [search.by ?? "name"]: search.q }),
    }),
    placeholderData: keepPreviousData,
  });
  const mayConnect = rights.may(connectOperation);
  const mayDisconnect = rights.may(disconnectOperation);
  const connectButton = <Button onClick={() => setIsConnecting(true)}>Connect</Button>;
  return (
    <Stack gap="md">
      <Group justify="flex-end">
        <Button
          variant="default"
          leftSection={
            isGraph ? <IconList size={16} aria-hidden /> : <IconTopologyBus size={16} aria-hidden />
          }
          onClick={() => setIsGraph(!isGraph)}
        >
          {isGraph ? "Show the list" : "Draw the graph"}
        </Button>
        {mayConnect && connectButton}
      </Group>
      <LockedNote because={rights.whyNot(connectOperation)} />
      {isGraph && <ConnectionGraph {...side} />}
      {!isGraph && <FailureNotice error={list.error} onRetry={() => void list.refetch()} />}
      {!isGraph && list.isPending && <LoadingRows count={3} />}
      {!isGraph && list.data !== undefined && (
        <DataTable
          name={`connected-${other}`}
          label={`Connected ${other}`}
          columns={columnsOf(other)}
          rows={list.data.entities}
          total={list.data.total}
          rowKey={(entity) => entity.id}
          search={search}
          onSearch={(next) => void navigate({ search: next })}
          defaultOrder={{ order: "updated_at", dir: "desc" }}
          isStale={list.isPlaceholderData}
          hasWideActions
          {...(mayDisconnect
            ? {
                actions: (entity: Entity) => (
                  <Button
                    variant="outline"
                    color="brick"
                    size="xs"
                    aria-label={`Disconnect ${isolated(entityName(entity))}`}
                    onClick={() => {
                      setDisconnected(entity);
                      setIsDisconnectOpen(true);
                    }}
                  >
                    Disconnect
                  </Button>
                ),
              }
            : {})}
          toolbar={
            <SearchBox
              label={`Search ${capitalized(what)}`}
              text={search.q ?? ""}
              by={search.by ?? "name"}
              choices={[
                { value: "name", label: "Name" },
                { value: "id", label: "ID" },
                { value: "tags", label: "Tags" },
              ]}
              onChange={(q, by) =>
                void navigate({
                  search: changeSearch(search, { q, by: by === "name" ? undefined : by }),
                })
              }
            />
          }
          empty={
            <EmptyState
              icon={<IconPlugConnected />}
              title={
                search.q === undefined ? `No connected ${other}` : `No connected ${other} match`
              }
              description={
                mayConnect && search.q === undefined
                  ? `Connect ${other} to let messages through.`
                  : ""
              }
              action={mayConnect && search.q === undefined && connectButton}
            />
          }
        />
      )}
      <Dialog
        isOpen={isConnecting}
        onClose={() => setIsConnecting(false)}
        title={`Connect ${what}(s)`}
      >
        <ConnectForm {...side} onClose={() => setIsConnecting(false)} />
      </Dialog>
      <Dialog
        isOpen={isDisconnectOpen && disconnected !== undefined}
        onClose={() => setIsDisconnectOpen(false)}
        title={`Disconnect ${what}`}
      >
        {disconnected !== undefined && (
          <DisconnectForm
            {...side}
            other={disconnected}
            onClose={() => setIsDisconnectOpen(false)}
          />
        )}
      </Dialog>
    </Stack>
  );
}

function columnsOf(type: EntityTypeName): readonly DataColumn<Entity>[] {
  const [name, ...rest] = entityColumns(type);
  const types: DataColumn<Entity> = {
    id: "types",
    header: "Connection Types",
    cell: ({ connection_types = [] }) => (
      <Group gap={6}>
        {connectionTypes
          .filter((known) => hasType(connection_types, known.type))
          .map(({ type: known, label }) => (
            <Badge key={known} variant="light" tt="none" fw={500}>
              {label}
            </Badge>
          ))}
      </Group>
    ),
  };
  const wanted = rest.filter(({ id }) => id !== "updated");
  return name === undefined ? [] : [name, types, ...wanted];
}

interface FormProps extends Side {
  readonly onClose: () => void;
}

function ConnectForm({ domainId, id, connections, onClose }: FormProps) {
  const { other, idsOf } = connections;
  const [ids, setIds] = useState<string[]>([]);
  const [types, setTypes] = useState<string[]>([]);
  const connect = useChange(
    () => {
      const body = { ...idsOf(id, ids), types: chosenTypes(types) };
      return api.channels.connect_many({ domainId, body });
    },
    { done: "Connected", onDone: onClose, stale: staleEntities(domainId) },
  );
  const problems = useProblems({
    entities: ids.length === 0 ? `Select ${other}` : undefined,
    types: types.length === 0 ? "Choose at least one" : undefined,
  });
  return (
    <Form
      change={connect}
      verb="Connect"
      onClose={onClose}
      closeVerb="Close"
      onSubmit={() => problems.attempt(() => connect.mutate())}
    >
      <EntitiesPicker
        type={other}
        domainId={domainId}
        label={entityTypes[other].title}
        placeholder={`Select ${entityTypes[other].singular}(s)`}
        isRequired
        value={ids}
        onChange={setIds}
        error={problems.shown.entities}
      />
      <TypeChoice
        label="Connection types"
        types={connectionTypes.map((one) => one.type)}
        value={types}
        onChange={setTypes}
        error={problems.shown.types}
      />
    </Form>
  );
}

function DisconnectForm({
  type,
  domainId,
  id,
  connections,
  other,
  onClose,
}: FormProps & { readonly other: Entity }) {
  const present = connectionTypes
    .map((one) => one.type)
    .filter((one) => hasType(other.connection_types ?? [], one));
  const [types, setTypes] = useState<string[]>(present);
  const disconnect = useChange(
    () => {
      const body = { ...connections.idsOf(id, [other.id]), types: chosenTypes(types) };
      return api.channels.disconnect_many({ domainId, body });
    },
    { done: "Disconnected", onDone: onClose, stale: staleEntities(domainId) },
  );
  return (
    <Form
      change={disconnect}
      verb="Disconnect"
      color="brick"
      isDisabled={types.length === 0}
      onClose={onClose}
      onSubmit={() => disconnect.mutate()}
    >
      <Text size="sm">
        Messages stop at once between this {entityTypes[type].singular} and{" "}
        <strong>
          <Name>{entityName(other)}</Name>
        </strong>
        .
      </Text>
      <TypeChoice
        label="What ends"
        types={present}
        value={types}
        onChange={setTypes}
        error={types.length === 0 ? "Choose at least one" : undefined}
      />
    </Form>
  );
}
