import { Button, Checkbox, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { knownCatalogueQuery } from "../../api/catalogue.ts";
import { builtInTypes } from "../../api/entities.ts";
import type { RolePlace } from "../../api/roles.ts";
import { groupActions } from "./action-groups.ts";
import classes from "./action-picker.module.css";
import { type ActionWords, actionWords } from "./action-words.ts";
import { roleTemplates } from "./role-templates.ts";

interface ActionPickerProps {
  readonly type: RolePlace["type"];
  readonly value: readonly string[];
  /** Nobody gives to others what they do not hold themselves. */
  readonly mayChoose: (action: string) => boolean;
  readonly onChange: (actions: string[]) => void;
}

/** Chooses what a role allows, of all that such a role can allow here, in the words of the operations. */
export function ActionPicker({ type, value, mayChoose, onChange }: ActionPickerProps) {
  const { data: catalogue } = useQuery(knownCatalogueQuery);
  const [text, setText] = useState("");
  const known = builtInTypes[type];
  const words = new Map<string, ActionWords>(
    (catalogue?.roleActions(type) ?? []).flatMap((action) => {
      const found = catalogue === undefined ? undefined : actionWords(catalogue, type, action);
      return found === undefined ? [] : [[action, found] as const];
    }),
  );
  const offered = [...words.keys()];
  const wanted = text.trim().toLowerCase();
  const own = { singular: known.singular, actions: known.ownActions };
  const groups = groupActions(offered, own, catalogue?.entityTypes ?? [])
    .map(({ title, actions }) => ({
      title,
      actions: actions.filter((action) =>
        `${action} ${words.get(action)?.text} ${title}`.toLowerCase().includes(wanted),
      ),
    }))
    .filter(({ actions }) => actions.length > 0);
  const chosen = new Set(value);
  const set = (actions: readonly string[], isWanted: boolean) => {
    const next = new Set(chosen);
    for (const action of actions) {
      if (isWanted) next.add(action);
      else next.delete(action);
    }
    // What is not offered here, but was chosen elsewhere, stays.
    onChange(
      [...value.filter((action) => next.has(action) && !words.has(action))].concat(
        offered.filter((action) => next.has(action)),
      ),
    );
  };
  const count = offered.filter((action) => chosen.has(action)).length;
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm" role="group" aria-label="Templates">
        {roleTemplates.map(({ label, description, includes }) => (
          <div key={label}>
            <Button
              variant="default"
              size="xs"
              fullWidth
              onClick={() =>
                onChange(
                  [...words].flatMap(([action, its]) =>
                    includes(action, its) && mayChoose(action) ? [action] : [],
                  ),
                )
              }
            >
              {label}
            </Button>
            <Text size="xs" c="dimmed" mt={4}>
              {description}
            </Text>
          </div>
        ))}
      </SimpleGrid>
      <TextInput
        label="Actions"
        description={`${count} of ${offered.length} allowed${
          offered.every(mayChoose) ? "" : "; you can give only those you hold here yourself"
        }`}
        placeholder="Search actions"
        type="search"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={classes.groups}>
        {groups.map(({ title, actions }) => {
          const ofGroup = actions.filter((action) => chosen.has(action)).length;
          const choosable = actions.filter(mayChoose);
          return (
            <fieldset key={title} className={classes.group}>
              <legend>
                <Checkbox
                  label={title}
                  fw={600}
                  disabled={choosable.length === 0}
                  checked={ofGroup === actions.length}
                  indeterminate={ofGroup > 0 && ofGroup < actions.length}
                  onChange={() => set(choosable, !choosable.every((action) => chosen.has(action)))}
                />
              </legend>
              <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md" verticalSpacing="sm">
                {actions.map((action) => (
                  <Checkbox
                    key={action}
                    size="xs"
                    label={words.get(action)?.text}
                    description={<span className={classes.name}>{action}</span>}
                    disabled={!mayChoose(action)}
                    checked={chosen.has(action)}
                    onChange={(event) => set([action], event.currentTarget.checked)}
                  />
                ))}
              </SimpleGrid>
            </fieldset>
          );
        })}
        {groups.length === 0 && (
          <Text size="sm" c="dimmed">
            No action matches.
          </Text>
        )}
      </div>
    </Stack>
  );
}
