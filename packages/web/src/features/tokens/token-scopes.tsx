import { ActionIcon, Alert, Button, Group, Text, Title, Tooltip } from "@mantine/core";
import { IconPlus, IconShieldLock, IconTrash } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { allEntities, readWireTime } from "@tessera/sdk";
import { useEffect, useRef, useState } from "react";
import { type CatalogueType, catalogueQuery } from "../../api/catalogue.ts";
import { api } from "../../api/client.ts";
import { type Token, type TokenScope, tokenScopesQuery, tokensKey } from "../../api/tokens.ts";
import { useChange } from "../../api/use-change.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { type DataColumn, DataTable } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { lazyDialog } from "../../ui/lazy-part.tsx";
import { changeSearch, pageOf } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { Name } from "../../ui/name.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { isolated } from "../../words/foreign-text.ts";
import { dateTimeText } from "../../words/time-text.ts";
import { TokenMosaic } from "./mosaic/token-mosaic.tsx";

/** More of them hide what the mosaic shows at a glance. */
const rowsShownAtOnce = 10;

const AddScopeDialog = lazyDialog(
  async () => (await import("./add-scope-dialog.tsx")).AddScopeDialog,
);

const NarrowDialog = lazyDialog(
  async () => (await import("./narrow/narrow-dialog.tsx")).NarrowDialog,
);

const route = getRouteApi("/frame/pats/$tokenId");

/** What a token may do: the table of its scopes, adding and taking away. */
export function TokenScopes({ token }: { token: Token }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: catalogue } = useQuery(catalogueQuery);
  const scopes = useQuery({
    ...tokenScopesQuery(token.id, pageOf(search)),
    placeholderData: keepPreviousData,
  });
  const [removed, setRemoved] = useState<TokenScope>();
  const [isRemoveOpen, setIsRemoveOpen] = useState(false);
  const [isClearOpen, setIsClearOpen] = useState(false);
  const [isNarrowOpen, setIsNarrowOpen] = useState(false);
  const [areRowsShown, setAreRowsShown] = useState((search.page ?? 1) > 1);
  const [begin, setBegin] = useState<{ type: CatalogueType; operation: string }>();

  const remove = useChange(
    (scope: TokenScope) =>
      api.tokens.remove_scopes({ tokenId: token.id, body: { scopes_id: [scope.id] } }),
    {
      done: "The scope is deleted",
      stale: [tokensKey],
      onDone: async () => {
        setIsRemoveOpen(false);
        if (scopes.data?.scopes.length === 1 && (search.page ?? 1) > 1) {
          await navigate({ search: changeSearch(search, { page: (search.page ?? 2) - 1 }) });
        }
      },
    },
  );
  const clear = useChange(() => api.tokens.clear_scopes({ tokenId: token.id }), {
    done: "All scopes are deleted",
    stale: [tokensKey],
    onDone: async () => {
      setIsClearOpen(false);
      await navigate({ search: {} });
    },
  });

  const titleOf = (type: string) =>
    catalogue?.entity_types.find(({ name }) => name === type)?.title ?? type;
  const summaryOf = ({ entity_type, operation }: TokenScope) =>
    catalogue?.entity_types
      .find(({ name }) => name === entity_type)
      ?.operations.find(({ name }) => name === operation)?.summary ?? "";
  const columns: readonly DataColumn<TokenScope>[] = [
    {
      id: "type",
      header: "Entity Type",
      isFixed: true,
      cell: ({ entity_type }) => titleOf(entity_type),
    },
    {
      id: "entity",
      header: "Entity",
      cell: (scope) => (
        <Text size="sm" fw={500} style={{ overflowWrap: "anywhere" }}>
          <Name>{entityText(scope)}</Name>
        </Text>
      ),
    },
    {
      id: "operation",
      header: "Operation",
      cell: (scope) => (
        <div>
          <Text size="sm" ff="monospace">
            {scope.operation}
          </Text>
          <Text size="xs" c="dimmed">
            {summaryOf(scope)}
          </Text>
        </div>
      ),
    },
    {
      id: "domain",
      header: "Domain",
      cell: ({ domain_name, domain_id }) => <Name>{domain_name || domain_id}</Name>,
    },
    {
      id: "used",
      header: "Last Used At",
      cell: ({ last_used_at }) => (
        <RelativeTime at={readWireTime(last_used_at)} never="Never used" />
      ),
    },
    {
      id: "uses",
      header: "Uses in 90 Days",
      cell: (scope) => <UsesText scope={scope} />,
    },
  ];
  const neverUsed = (scopes.data?.scopes ?? []).filter(
    ({ last_used_at }) => readWireTime(last_used_at) === null,
  ).length;
  // The place on the page stays: the dialog lies over it.
  const openAdd = () =>
    void navigate({ search: { ...search, add: "scope" }, replace: true, resetScroll: false });
  const closeAdd = () => {
    setBegin(undefined);
    void navigate({
      search: changeSearch(search, { page: search.page, add: undefined }),
      replace: true,
      resetScroll: false,
    });
  };
  const section = useRef<HTMLElement>(null);
  const [added, setAdded] = useState<string>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the first scope brings the stones with it.
  useEffect(() => {
    const stone = section.current?.querySelector(`[data-stone="${added}"]`);
    if (added === undefined || stone === null || stone === undefined) return;
    stone.scrollIntoView({ block: "nearest" });
    setAdded(undefined);
  }, [added, token.scopes_count]);

  return (
    <section ref={section} aria-labelledby="scopes-title">
      <Group justify="space-between" mb="md">
        <Title order={2} id="scopes-title">
          Scopes
        </Title>
        <Group gap="sm">
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={openAdd}>
            Add Scope
          </Button>
          {token.status === "active" && (
            <Button variant="default" onClick={() => setIsNarrowOpen(true)}>
              Narrow …
            </Button>
          )}
          <Button
            variant="outline"
            color="brick"
            disabled={token.scopes_count === 0}
            onClick={() => setIsClearOpen(true)}
          >
            Delete All
          </Button>
        </Group>
      </Group>
      <FailureNotice error={scopes.error} onRetry={() => void scopes.refetch()} />
      {scopes.isPending && <LoadingRows count={3} />}
      {token.use_count > 0 && neverUsed > 0 && (
        <Alert color="ochre" icon={<IconShieldLock aria-hidden />} mb="md">
          {neverUsed === 1 ? "One scope here was" : `${neverUsed} scopes here were`} never used. If
          the token does not need {neverUsed === 1 ? "it, delete it" : "them, delete them"}.
        </Alert>
      )}
      {token.scopes_count > 0 && (
        <TokenMosaic
          token={token}
          onAdd={(type, operation) => {
            setBegin({ type, operation });
            openAdd();
          }}
        />
      )}
      {token.scopes_count > rowsShownAtOnce && (
        <Button variant="default" mb="md" onClick={() => setAreRowsShown(!areRowsShown)}>
          {areRowsShown ? "Hide the list" : `List all ${token.scopes_count} scopes one by one`}
        </Button>
      )}
      {scopes.data !== undefined && (token.scopes_count <= rowsShownAtOnce || areRowsShown) && (
        <DataTable
          name="scopes"
          label="Scopes"
          columns={columns}
          rows={scopes.data.scopes}
          total={scopes.data.total}
          rowKey={({ id }) => id}
          search={search}
          onSearch={(next) => void navigate({ search: next })}
          isStale={scopes.isPlaceholderData}
          actions={(scope) => (
            <Tooltip label="Delete this scope">
              <ActionIcon
                variant="default"
                aria-label={`Delete scope ${scope.entity_type} ${scope.operation} ${isolated(entityText(scope))}`}
                onClick={() => {
                  setRemoved(scope);
                  setIsRemoveOpen(true);
                }}
              >
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
          )}
          empty={
            <EmptyState
              icon={<IconShieldLock />}
              title="No scopes"
              description="Without scopes this token can do nothing. Add what it needs."
              action={
                <Button variant="default" onClick={openAdd}>
                  Add Scope
                </Button>
              }
            />
          }
        />
      )}
      {scopes.data?.uses_are_complete === false && token.scopes_count > 0 && (
        <Text size="xs" c="dimmed" mt={6}>
          Not each use of the last 90 days is counted: in full only those{" "}
          {sinceWhen(scopes.data.uses_complete_since)}.
        </Text>
      )}
      <AddScopeDialog
        token={token}
        begin={begin}
        isOpen={search.add === "scope"}
        onAdded={setAdded}
        onClose={closeAdd}
      />
      <NarrowDialog token={token} isOpen={isNarrowOpen} onClose={() => setIsNarrowOpen(false)} />
      <ConfirmDialog
        isOpen={isRemoveOpen}
        title="Delete scope"
        verb="Delete"
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => removed !== undefined && remove.mutate(removed)}
        onClose={() => setIsRemoveOpen(false)}
      >
        From now on{" "}
        <strong>
          <Name>{token.name}</Name>
        </strong>{" "}
        may no longer do this:{" "}
        {removed !== undefined && (
          <>
            {summaryOf(removed) || removed.operation} (<Name>{entityText(removed)}</Name>).
          </>
        )}
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={isClearOpen}
        title="Delete all scopes"
        verb="Delete All"
        isPending={clear.isPending}
        error={clear.error}
        onConfirm={() => clear.mutate()}
        onClose={() => setIsClearOpen(false)}
      >
        All {token.scopes_count} scopes of{" "}
        <strong>
          <Name>{token.name}</Name>
        </strong>{" "}
        will be deleted. The token stays, and can do nothing until it gets scopes again.
      </ConfirmDialog>
    </section>
  );
}

/** How often a scope was used, as far as that is counted. */
function UsesText({ scope }: { readonly scope: TokenScope }) {
  const { uses_90d: uses, uses_90d_is_minimum: isMinimum } = scope;
  if (uses === 0) {
    return (
      <Text size="sm" c="dimmed">
        never
      </Text>
    );
  }
  return `${isMinimum === true ? "at least " : ""}${uses.toLocaleString("en")}`;
}

function sinceWhen(time: string): string {
  const at = readWireTime(time);
  return at === null ? "from now on" : `since ${dateTimeText(at)}`;
}

function entityText(scope: TokenScope): string {
  if (scope.entity_id === allEntities) return "All";
  return (
    scope.entity_name ||
    (scope.entity_id === scope.domain_id && scope.domain_name) ||
    scope.entity_id
  );
}
