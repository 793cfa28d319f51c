import { Checkbox, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { catalogueQuery } from "../../api/catalogue.ts";
import { builtInTypes } from "../../api/entities.ts";
import type { RolePlace } from "../../api/roles.ts";
import { groupActions } from "./action-groups.ts";
import classes from "./action-picker.module.css";

interface ActionPickerProps {
  readonly type: RolePlace["type"];
  readonly value: readonly string[];
  /** Nobody gives to others what they do not hold themselves. */
  readonly mayChoose: (action: string) => boolean;
  readonly onChange: (actions: string[]) => void;
}

/** Chooses what a role allows, of all that the catalogue says such a role can allow. */
export function ActionPicker({ type, value, mayChoose, onChange }: ActionPickerProps) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const [text, setText] = useState("");
  const known = builtInTypes[type];
  const available = catalogue?.entity_types.find(({ name }) => name === type)?.role_actions ?? [];
  const wanted = text.trim().toLowerCase();
  const own = { singular: known.singular, actions: known.ownActions };
  const groups = groupActions(available, own, catalogue?.entity_types ?? [])
    .map(({ title, actions }) => ({
      title,
      actions: actions.filter((action) => action.includes(wanted)),
    }))
    .filter(({ actions }) => actions.length > 0);
  const chosen = new Set(value);
  const set = (actions: readonly string[], isWanted: boolean) => {
    const next = new Set(chosen);
    for (const action of actions) {
      if (isWanted) next.add(action);
      else next.delete(action);
    }
    onChange(available.filter((action) => next.has(action)));
  };
  return (
    <Stack gap="sm">
      <TextInput
        label="Actions"
        description={
          available.every(mayChoose)
            ? `${value.length} of ${available.length} allowed`
            : `${value.length} of ${available.length} allowed; you can give only those you hold here yourself`
        }
        placeholder="Search actions"
        type="search"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={classes.groups}>
        {groups.map(({ title, actions }) => {
          const count = actions.filter((action) => chosen.has(action)).length;
          const choosable = actions.filter(mayChoose);
          return (
            <fieldset key={title} className={classes.group}>
              <legend>
                <Checkbox
                  label={title}
                  fw={600}
                  disabled={choosable.length === 0}
                  checked={count === actions.length}
                  indeterminate={count > 0 && count < actions.length}
                  onChange={() => set(choosable, !choosable.every((action) => chosen.has(action)))}
                />
              </legend>
              <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="xs" verticalSpacing="xs">
                {actions.map((action) => (
                  <Checkbox
                    key={action}
                    size="xs"
                    label={action}
                    disabled={!mayChoose(action)}
                    checked={chosen.has(action)}
                    styles={{ label: { fontFamily: "var(--mantine-font-family-monospace)" } }}
                    onChange={(event) => set([action], event.currentTarget.checked)}
                  />
                ))}
              </SimpleGrid>
            </fieldset>
          );
        })}
        {groups.length === 0 && (
          <Text size="sm" c="dimmed">
            No action is called so.
          </Text>
        )}
      </div>
    </Stack>
  );
}
