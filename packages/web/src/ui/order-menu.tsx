import { Button, Menu } from "@mantine/core";
import { IconArrowsSort } from "@tabler/icons-react";

const orders = [
  { label: "Updated At (Newest)", order: "updated_at", dir: "desc" },
  { label: "Updated At (Oldest)", order: "updated_at", dir: "asc" },
  { label: "Created At (Newest)", order: "created_at", dir: "desc" },
  { label: "Created At (Oldest)", order: "created_at", dir: "asc" },
  { label: "Name (A to Z)", order: "name", dir: "asc" },
  { label: "Name (Z to A)", order: "name", dir: "desc" },
] as const;

type Order = Pick<(typeof orders)[number], "order" | "dir">;

interface OrderMenuProps {
  readonly order: string | undefined;
  readonly dir: string | undefined;
  readonly onChange: (order: Order) => void;
}

/** Chooses the order of a list of entities, in words. */
export function OrderMenu({ order, dir = "desc", onChange }: OrderMenuProps) {
  const present = orders.find((known) => known.order === order && known.dir === dir) ?? orders[0];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconArrowsSort size={16} aria-hidden />}>
          {present.label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {orders.map((choice) => (
          <Menu.Item
            key={choice.label}
            role="menuitemradio"
            aria-checked={choice === present}
            onClick={() => onChange({ order: choice.order, dir: choice.dir })}
          >
            {choice.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
