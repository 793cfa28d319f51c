import { Badge, Button, Menu } from "@mantine/core";
import { IconFilter2 } from "@tabler/icons-react";
import { MenuChoices } from "./menu-choices.tsx";
import { Name } from "./name.tsx";

interface ChoiceMenuProps<Value extends string> {
  /** What is chosen: `Status`. */
  readonly label: string;
  readonly value: Value;
  readonly choices: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
}

/** A filter of one choice, which shows what is chosen. */
export function ChoiceMenu<Value extends string>(props: ChoiceMenuProps<Value>) {
  const { label, value, choices, onChange } = props;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconFilter2 size={16} aria-hidden />}>
          {label}:
          <Badge ml={8} variant="default" tt="none" fw={600} radius="sm">
            <Name isLine>{choices.find((choice) => choice.value === value)?.label}</Name>
          </Badge>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <MenuChoices value={value} choices={choices} onChange={onChange} />
      </Menu.Dropdown>
    </Menu>
  );
}
