import { CloseButton, Group, Menu, TextInput, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconChevronDown, IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { MenuChoices } from "./menu-choices.tsx";
import classes from "./search-box.module.css";

interface SearchBoxProps<By extends string> {
  /** What is searched, for the placeholder and the accessible name: `Search PAT`. */
  readonly label: string;
  readonly text: string;
  /** What can be searched in; with one choice no chip shows. */
  readonly choices: readonly { readonly value: By; readonly label: string }[];
  readonly by: By;
  readonly onChange: (text: string, by: By) => void;
}

const pauseMs = 250;

/** A search that starts by itself when typing pauses; the chip inside chooses what is searched. */
export function SearchBox<By extends string>(props: SearchBoxProps<By>) {
  const { label, choices, by, onChange } = props;
  const [typed, setTyped] = useState(props.text);
  const reported = useRef(props.text);
  const report = useDebouncedCallback((text: string, where: By) => {
    reported.current = text;
    onChange(text, where);
  }, pauseMs);
  // Going back in the history also changes what stands in the box; our own report coming back
  // must not, for more may have been typed meanwhile.
  useEffect(() => {
    if (props.text === reported.current) return;
    reported.current = props.text;
    setTyped(props.text);
  }, [props.text]);

  const type = (text: string) => {
    setTyped(text);
    report(text.trim(), by);
  };
  return (
    <TextInput
      className={classes.box}
      aria-label={label}
      placeholder={label}
      type="search"
      value={typed}
      onChange={(event) => type(event.currentTarget.value)}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSectionWidth="auto"
      rightSection={
        <Group gap={4} pr={6} wrap="nowrap">
          {typed !== "" && (
            <CloseButton size="sm" aria-label="Clear the search" onClick={() => type("")} />
          )}
          {choices.length > 1 && (
            <Menu position="bottom-end">
              <Menu.Target>
                <UnstyledButton className={classes.chip}>
                  <VisuallyHidden>Search in </VisuallyHidden>
                  {choices.find(({ value }) => value === by)?.label}
                  <IconChevronDown size={13} aria-hidden />
                </UnstyledButton>
              </Menu.Target>
              <Menu.Dropdown>
                <MenuChoices
                  value={by}
                  choices={choices}
                  onChange={(chosen) => onChange(typed.trim(), chosen)}
                />
              </Menu.Dropdown>
            </Menu>
          )}
        </Group>
      }
    />
  );
}
