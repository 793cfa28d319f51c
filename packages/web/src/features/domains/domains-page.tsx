import {
  ActionIcon,
  Badge,
  Box,
  Button,
  Group,
  Menu,
  Paper,
  SimpleGrid,
  Stack,
  Text,
} from "@mantine/core";
import {
  IconArrowsSort,
  IconDoorExit,
  IconDots,
  IconLayoutGrid,
  IconPlus,
} from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { readWireTime } from "@tessera/sdk";
import { useState } from "react";
import { domainsQuery, type ListedDomain } from "../../api/domains.ts";
import { ChoiceMenu } from "../../ui/choice-menu.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { lazyDialog } from "../../ui/lazy-part.tsx";
import { changeSearch, type ListSearch } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { MenuChoices } from "../../ui/menu-choices.tsx";
import { Mosaic } from "../../ui/mosaic.tsx";
import { Name } from "../../ui/name.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Pager } from "../../ui/pager.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { SearchBox } from "../../ui/search-box.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { isolated } from "../../words/foreign-text.ts";
import classes from "./domains-page.module.css";
import { domainListQuery, domainStatuses } from "./domains-search.ts";

const route = getRouteApi("/frame/domains");

const CreateDomainDialog = lazyDialog(
  async () => (await import("./create-domain-dialog.tsx")).CreateDomainDialog,
);

const LeaveDomainDialog = lazyDialog(
  async () => (await import("../../parts/leave-domain-dialog.tsx")).LeaveDomainDialog,
);

const orders = [
  { label: "Updated at (newest)", order: "updated_at", dir: "desc" },
  { label: "Updated at (oldest)", order: "updated_at", dir: "asc" },
  { label: "Created at (newest)", order: "created_at", dir: "desc" },
  { label: "Created at (oldest)", order: "created_at", dir: "asc" },
  { label: "Name (A to Z)", order: "name", dir: "asc" },
  { label: "Name (Z to A)", order: "name", dir: "desc" },
] as const;

const statusLabels = { enabled: "Enabled", disabled: "Disabled", all: "All" };

export function DomainsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const domains = useQuery({
    ...domainsQuery(domainListQuery(search)),
    placeholderData: keepPreviousData,
  });
  const [isCreating, setIsCreating] = useState(false);
  const [left, setLeft] = useState<ListedDomain>();
  const [isLeaving, setIsLeaving] = useState(false);
  const goTo = (next: typeof search) => void navigate({ search: next });
  const isFiltered = search.q !== undefined || search.status !== undefined;
  const order =
    orders.find((known) => known.order === search.order && known.dir === (search.dir ?? "desc")) ??
    orders[0];

  return (
    <>
      <PageHeader
        title="Domains"
        crumbs={[{ label: "Domains" }]}
        description="Each holds its own clients, channels, groups and people."
        actions={
          <Button
            leftSection={<IconPlus size={17} aria-hidden />}
            onClick={() => setIsCreating(true)}
          >
            Create
          </Button>
        }
      />
      <Group gap="sm" mb="lg" align="stretch">
        <SearchBox
          label="Search Domain"
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
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" leftSection={<IconArrowsSort size={16} aria-hidden />}>
              {order.label}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <MenuChoices
              value={order.label}
              choices={orders.map(({ label }) => ({ value: label, label }))}
              onChange={(label) => {
                const chosen = orders.find((known) => known.label === label) ?? orders[0];
                goTo(changeSearch(search, { order: chosen.order, dir: chosen.dir }));
              }}
            />
          </Menu.Dropdown>
        </Menu>
        <ChoiceMenu
          label="Status"
          value={search.status ?? "enabled"}
          choices={domainStatuses.map((value) => ({ value, label: statusLabels[value] }))}
          onChange={(status) =>
            goTo(changeSearch(search, { status: status === "enabled" ? undefined : status }))
          }
        />
      </Group>
      <FailureNotice error={domains.error} onRetry={() => void domains.refetch()} />
      {domains.isPending && <LoadingRows count={3} />}
      {domains.data?.total === 0 && (
        <Paper withBorder>
          <EmptyState
            icon={<IconLayoutGrid />}
            title={isFiltered ? "No domain matches" : "No domains found"}
            description={
              isFiltered
                ? "Search for something else, or with another status."
                : "Get started by creating one, or ask a colleague for an invitation to theirs."
            }
            action={
              isFiltered ? (
                <Button variant="default" onClick={() => goTo({ status: "all" })}>
                  Show all domains
                </Button>
              ) : (
                <Button onClick={() => setIsCreating(true)}>Create a domain</Button>
              )
            }
          />
        </Paper>
      )}
      {domains.data !== undefined && domains.data.total > 0 && (
        <>
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
            {domains.data.domains.map((domain) => (
              <DomainCard
                key={domain.id}
                domain={domain}
                onLeave={() => {
                  setLeft(domain);
                  setIsLeaving(true);
                }}
              />
            ))}
          </SimpleGrid>
          {domains.data.total > 10 && (
            <Pager
              search={search}
              total={domains.data.total}
              onChange={(change) => goTo(changeSearch<ListSearch>(search, change) as typeof search)}
            />
          )}
        </>
      )}
      <CreateDomainDialog isOpen={isCreating} onClose={() => setIsCreating(false)} />
      {left !== undefined && (
        <LeaveDomainDialog
          isOpen={isLeaving}
          key={left.id}
          domain={left}
          onClose={() => setIsLeaving(false)}
          onLeft={() => setIsLeaving(false)}
        />
      )}
    </>
  );
}

interface DomainCardProps {
  readonly domain: ListedDomain;
  readonly onLeave: () => void;
}

/** The menu lies over the card, which is a link as a whole. */
function DomainCard({ domain, onLeave }: DomainCardProps) {
  // Whoever administers the server is shown all domains, and no roles.
  const hasMenu = domain.role_name !== undefined;
  return (
    <Box pos="relative">
      <DomainLink domain={domain} hasMenu={hasMenu} />
      {hasMenu && (
        <Menu position="bottom-end" width={200}>
          <Menu.Target>
            <ActionIcon
              className={classes.menu ?? ""}
              variant="subtle"
              color="gray"
              aria-label={`Actions for ${isolated(domain.name)}`}
            >
              <IconDots size={18} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              c="var(--mantine-color-error)"
              leftSection={<IconDoorExit size={16} />}
              onClick={onLeave}
            >
              Leave this domain
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
    </Box>
  );
}

function DomainLink({ domain, hasMenu }: { domain: ListedDomain; hasMenu: boolean }) {
  return (
    <Paper
      withBorder
      p="lg"
      className={classes.card ?? ""}
      renderRoot={(props) => (
        <Link to="/domains/$domainId" params={{ domainId: domain.id }} {...props} />
      )}
    >
      <Group wrap="nowrap" gap="md" align="flex-start">
        <Mosaic seed={domain.id} size={44} />
        <Stack gap={2} miw={0} flex={1}>
          <Text fw={600}>
            <Name isLine>{domain.name}</Name>
          </Text>
          <Text size="sm" c="dimmed" ff="monospace">
            <Name isLine>{domain.route}</Name>
          </Text>
        </Stack>
      </Group>
      <Group mt="lg" gap="xs" justify="space-between" align="flex-end" pr={hasMenu ? "xl" : 0}>
        <Group gap={6}>
          <StatusBadge status={domain.status} />
          {domain.tags.slice(0, 3).map((tag) => (
            <Badge key={tag} variant="default" tt="none" fw={450} flex="none" maw={200}>
              <Name isLine>{tag}</Name>
            </Badge>
          ))}
          {domain.tags.length > 3 && (
            <Text size="xs" c="dimmed">
              +{domain.tags.length - 3}
            </Text>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          {domain.role_name === undefined ? (
            "Created "
          ) : (
            <>
              You: <Name>{domain.role_name}</Name> · created{" "}
            </>
          )}
          <RelativeTime at={readWireTime(domain.created_at)} never="–" />
        </Text>
      </Group>
    </Paper>
  );
}
