import { Menu } from "@mantine/core";
import { Name } from "./name.tsx";

interface MenuChoicesProps<Value extends string> {
  readonly value: Value;
  readonly choices: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
}

/** The items of a menu of which one is chosen. */
export function MenuChoices<Value extends string>(props: MenuChoicesProps<Value>) {
  const { value, choices, onChange } = props;
  const choose = (chosen: string) => {
    const choice = choices.find((known) => known.value === chosen);
    if (choice !== undefined) onChange(choice.value);
  };
  return (
    <Menu.RadioGroup value={value} onChange={choose}>
      {choices.map((choice) => (
        <Menu.RadioItem key={choice.value} value={choice.value} closeMenuOnClick>
          <Name>{choice.label}</Name>
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}
