import { Badge, Button, Stack, Text } from "@mantine/core";
import { IconBan, IconClockPlus, IconKey, IconPlus, IconTrash } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { readWireTime } from "@tessera/sdk";
import { useState } from "react";
import { type Token, tokenCountQuery, tokensQuery } from "../../api/tokens.ts";
import { ChoiceMenu } from "../../ui/choice-menu.tsx";
import { type DataColumn, DataTable } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { LinkAnchor, LinkButton } from "../../ui/links.tsx";
import { changeSearch } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { Name, Passage } from "../../ui/name.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { SearchBox } from "../../ui/search-box.tsx";
import { SelectionBar } from "../../ui/selection-bar.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { useNow } from "../../ui/use-now.ts";
import { useSelection } from "../../ui/use-selection.ts";
import { isolated } from "../../words/foreign-text.ts";
import type { BulkAction } from "./bulk-tokens.tsx";
import { TokenStones } from "./mosaic/token-stones.tsx";
import { rotationOf } from "./rotation/rotation-state.ts";
import { DeleteAllDialog, type TokenDialog, TokenDialogs } from "./token-dialogs.tsx";
import { TokenExpiry } from "./token-expiry.tsx";
import { TokenHint } from "./token-hint.tsx";
import { TokenLastUse } from "./token-last-use.tsx";
import { TokenRowMenu } from "./token-row-menu.tsx";
import {
  type TokenKind,
  type TokensSearch,
  tokenKinds,
  tokenListQuery,
  tokenStatuses,
} from "./token-search.ts";
import { shownStatus } from "./token-state.ts";

const route = getRouteApi("/frame/pats");

const columns: readonly DataColumn<Token>[] = [
  {
    id: "name",
    header: "Name",
    order: "name",
    isFixed: true,
    cell: (token) => (
      <>
        <LinkAnchor
          to="/pats/$tokenId"
          params={{ tokenId: token.id }}
          inherit
          fw={550}
          c="var(--mantine-color-text)"
          style={{ overflowWrap: "anywhere" }}
        >
          <Name>{token.name}</Name>
        </LinkAnchor>
        <TokenHint token={token} />
      </>
    ),
  },
  {
    id: "description",
    header: "Description",
    room: "widest",
    cell: ({ description }) => (
      <Text size="sm" c="dimmed" lineClamp={2} miw={140} maw={240}>
        {description === "" ? "–" : <Passage>{description}</Passage>}
      </Text>
    ),
  },
  { id: "status", header: "Status", cell: (token) => <ShownStatus token={token} /> },
  {
    id: "scopes",
    header: "Scopes",
    cell: (token) => <TokenStones token={token} />,
  },
  {
    id: "issued",
    header: "Issued At",
    order: "issued_at",
    room: "wide",
    cell: ({ issued_at }) => <RelativeTime at={readWireTime(issued_at)} never="–" />,
  },
  {
    id: "expires",
    header: "Expires At",
    order: "expires_at",
    cell: (token) => <TokenExpiry token={token} />,
  },
  {
    id: "used",
    header: "Last Used At",
    order: "last_used_at",
    cell: (token) => <TokenLastUse token={token} />,
  },
];

const bulkActions = [
  { action: "extend", label: "Extend", Icon: IconClockPlus },
  { action: "revoke", label: "Revoke", Icon: IconBan },
  { action: "delete", label: "Delete", Icon: IconTrash },
] as const;

const BulkTokens = lazyPart(async () => (await import("./bulk-tokens.tsx")).BulkTokens);

const kinds = Object.entries(tokenKinds).map(([value, { label }]) => ({
  value: value as TokenKind,
  label,
}));

const statusLabels = { active: "Active", revoked: "Revoked", expired: "Expired", all: "All" };

export function TokensPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tokens = useQuery({
    ...tokensQuery(tokenListQuery(search)),
    placeholderData: keepPreviousData,
  });
  const { data: count } = useQuery(tokenCountQuery);
  const [asked, setAsked] = useState<{ token: Token; dialog: TokenDialog }>();
  const [isDialogOpen, setIsDialogOpen] = useState(false);
  const [isDeletingAll, setIsDeletingAll] = useState(false);
  const selection = useSelection<Token>(({ name }) => name);
  const [bulk, setBulk] = useState<BulkAction>();
  const goTo = (next: typeof search) => void navigate({ search: next });
  const status = search.status ?? "active";
  const createButton = (
    <LinkButton to="/pats/new" leftSection={<IconPlus size={17} aria-hidden />}>
      Create PAT
    </LinkButton>
  );

  return (
    <>
      <PageHeader
        title="Personal Access Tokens"
        crumbs={[{ label: "Personal Access Tokens" }]}
        description="Let scripts, devices and services act for you, each with exactly the rights it needs."
        actions={
          <>
            {createButton}
            <LinkButton to="/pats/audit" variant="default">
              What they did
            </LinkButton>
            <Button
              variant="outline"
              color="brick"
              disabled={count === undefined || count === 0}
              onClick={() => setIsDeletingAll(true)}
            >
              Delete All
            </Button>
          </>
        }
      />
      {tokens.error !== null && (
        <FailureNotice error={tokens.error} onRetry={() => void tokens.refetch()} />
      )}
      {tokens.isPending && <LoadingRows />}
      <SelectionBar count={selection.chosen.length} onClear={() => selection.keep([])}>
        {bulkActions.map(({ action, label, Icon }) => (
          <Button
            key={action}
            variant="default"
            size="xs"
            leftSection={<Icon size={15} aria-hidden />}
            onClick={() => setBulk(action)}
          >
            {label}
          </Button>
        ))}
      </SelectionBar>
      {tokens.data !== undefined && (
        <DataTable
          name="tokens"
          label="Personal access tokens"
          columns={columns}
          rows={tokens.data.pats}
          total={tokens.data.total}
          rowKey={({ id }) => id}
          search={search}
          onSearch={goTo}
          defaultOrder={{ order: "issued_at", dir: "desc" }}
          isStale={tokens.isPlaceholderData}
          hasRowLinks
          selection={selection}
          actions={(token) => (
            <TokenRowMenu
              token={token}
              onDialog={(dialog) => {
                setAsked({ token, dialog });
                setIsDialogOpen(true);
              }}
            />
          )}
          toolbar={
            <>
              <SearchBox
                label="Search PAT"
                text={search.q ?? ""}
                by={search.by ?? "name"}
                choices={[
                  { value: "name", label: "Name" },
                  { value: "id", label: "ID" },
                ]}
                onChange={(q, by) =>
                  goTo(changeSearch(search, { q, by: by === "name" ? undefined : by }))
                }
              />
              <ChoiceMenu
                label="Status"
                value={status}
                choices={tokenStatuses.map((value) => ({ value, label: statusLabels[value] }))}
                onChange={(value) =>
                  goTo(changeSearch(search, { status: value === "active" ? undefined : value }))
                }
              />
              <ChoiceMenu
                label="Show"
                value={search.only ?? "any"}
                choices={kinds}
                onChange={(value) =>
                  goTo(changeSearch(search, { only: value === "any" ? undefined : value }))
                }
              />
            </>
          }
          empty={
            count === 0 ? (
              <EmptyState
                icon={<IconKey />}
                title="No tokens yet"
                description="Create one for a script or a device, and give it only the scopes it needs."
                action={createButton}
              />
            ) : (
              <EmptyState
                icon={<IconKey />}
                title={emptyTitle(status, search)}
                description={
                  status === "all" && search.only === undefined
                    ? "Search for something else."
                    : "Others may still match: show all, in every state."
                }
                action={
                  <Button variant="default" onClick={() => goTo({ status: "all" })}>
                    Show all tokens
                  </Button>
                }
              />
            )
          }
        />
      )}
      {asked !== undefined && (
        <TokenDialogs
          key={asked.token.id}
          token={asked.token}
          dialog={isDialogOpen ? asked.dialog : undefined}
          onClose={() => setIsDialogOpen(false)}
        />
      )}
      {bulk !== undefined && (
        <BulkTokens
          action={bulk}
          tokens={selection.chosen}
          onEnd={selection.keep}
          onClose={() => setBulk(undefined)}
        />
      )}
      <DeleteAllDialog isOpen={isDeletingAll} onClose={() => setIsDeletingAll(false)} />
    </>
  );
}

function ShownStatus({ token }: { token: Token }) {
  const now = useNow();
  return (
    <Stack gap={4} align="flex-start">
      <StatusBadge status={shownStatus(token, now)} />
      {rotationOf(token) !== undefined && (
        <Badge variant="light" color="ochre" tt="none" fw={500} size="sm" miw="max-content">
          two secrets
        </Badge>
      )}
    </Stack>
  );
}

function emptyTitle(status: keyof typeof statusLabels, { q, only }: TokensSearch): string {
  const which = [
    ...(status === "all" ? [] : [status]),
    "tokens",
    ...(only === undefined ? [] : [`(${tokenKinds[only].label.toLowerCase()})`]),
  ].join(" ");
  return q === undefined ? `No ${which}` : `No ${which} match “${isolated(q)}”`;
}
