import { Badge, Button, Menu } from "@mantine/core";
import { IconCheck, IconFilter2 } from "@tabler/icons-react";

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
            {choices.find((choice) => choice.value === value)?.label}
          </Badge>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map((choice) => (
          <Menu.Item
            key={choice.value}
            role="menuitemradio"
            aria-checked={choice.value === value}
            rightSection={choice.value === value && <IconCheck size={14} aria-hidden />}
            onClick={() => onChange(choice.value)}
          >
            {choice.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
