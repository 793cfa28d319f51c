import { ActionIcon, Group, NativeSelect, Text } from "@mantine/core";
import {
  IconChevronLeft,
  IconChevronRight,
  IconChevronsLeft,
  IconChevronsRight,
} from "@tabler/icons-react";
import { counted } from "../words/counted.ts";
import { type ListSearch, pageOf, pageSizes } from "./list-search.ts";

interface PagerProps {
  readonly search: ListSearch;
  readonly total: number;
  readonly onChange: (change: { page?: number | undefined; size?: number | undefined }) => void;
}

/** Rows per page, where one is, and the four ways to go. */
export function Pager({ search, total, onChange }: PagerProps) {
  const { limit } = pageOf(search);
  const last = Math.max(1, Math.ceil(total / limit));
  const page = Math.min(search.page ?? 1, last);
  const go = (to: number) => onChange({ page: to === 1 ? undefined : to });
  const ways = [
    { label: "First page", Icon: IconChevronsLeft, to: 1, isOff: page <= 1 },
    {
      label: "Previous page",
      Icon: IconChevronLeft,
      to: Math.min(page - 1, last),
      isOff: page <= 1,
    },
    { label: "Next page", Icon: IconChevronRight, to: page + 1, isOff: page >= last },
    { label: "Last page", Icon: IconChevronsRight, to: last, isOff: page >= last },
  ];
  return (
    <Group justify="space-between" gap="md" px="md" py="sm">
      <Text size="sm" c="dimmed">
        {counted(total, "row")}
      </Text>
      <Group gap="lg">
        <Group gap="xs">
          <Text size="sm" component="label" htmlFor="rows-per-page">
            Rows per page
          </Text>
          <NativeSelect
            id="rows-per-page"
            size="xs"
            w={68}
            value={String(limit)}
            data={pageSizes.map(String)}
            onChange={(event) =>
              onChange({ size: Number(event.currentTarget.value), page: undefined })
            }
          />
        </Group>
        <Text size="sm">
          Page {page.toLocaleString("en")} of {last.toLocaleString("en")}
        </Text>
        <Group gap={6}>
          {ways.map(({ label, Icon, to, isOff }) => (
            <ActionIcon
              key={label}
              variant="default"
              aria-label={label}
              disabled={isOff}
              onClick={() => go(to)}
            >
              <Icon size={16} aria-hidden />
            </ActionIcon>
          ))}
        </Group>
      </Group>
    </Group>
  );
}
