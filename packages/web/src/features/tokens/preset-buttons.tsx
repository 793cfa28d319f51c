import { Button, Group, Text, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { catalogueQuery } from "../../api/catalogue.ts";
import { findExceeding } from "../../api/exceeding-rights.ts";
import { scopeKey } from "../../api/scope-key.ts";
import { useChange } from "../../api/use-change.ts";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { type Preset, presetScopes, presets } from "./presets.ts";
import { rowsOf, type ScopeRow } from "./scope-rows.ts";

interface PresetButtonsProps {
  readonly domainId: string;
  readonly onChoose: (rows: readonly ScopeRow[]) => void;
}

/** Beginnings for the scopes; each replaces the rows there are. */
export function PresetButtons({ domainId, onChoose }: PresetButtonsProps) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const choose = useChange(
    async (preset: Preset) => {
      if (catalogue === undefined) return [];
      const scopes = presetScopes(preset, domainId, catalogue);
      const exceeding = preset.isLimitedToRights === true ? await findExceeding(scopes) : undefined;
      return rowsOf(
        scopes.filter((scope) => exceeding?.has(scopeKey(scope)) !== true),
        catalogue,
      );
    },
    { done: null, stale: [], onDone: onChoose },
  );
  return (
    <>
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          Begin with
        </Text>
        {presets.map((preset) => (
          <Tooltip key={preset.label} label={preset.description}>
            <Button
              variant="light"
              size="compact-sm"
              disabled={domainId === "" || catalogue === undefined}
              loading={choose.isPending && choose.variables === preset}
              onClick={() => choose.mutate(preset)}
            >
              {preset.label}
            </Button>
          </Tooltip>
        ))}
      </Group>
      <FailureNotice error={choose.error} />
    </>
  );
}
