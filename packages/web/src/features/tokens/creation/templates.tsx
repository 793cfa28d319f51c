import { Button, Group, Loader, Text, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { catalogueQuery } from "../../../api/catalogue.ts";
import { findExceeding } from "../../../api/exceeding-rights.ts";
import { scopeKey } from "../../../api/scope-key.ts";
import { useChange } from "../../../api/use-change.ts";
import { FailureNotice } from "../../../ui/failure-notice.tsx";
import { SmallMosaic } from "../mosaic/scope-mosaic.tsx";
import { tilesOf } from "../mosaic/tiles.ts";
import { type Preset, presetScopes, presets } from "../presets.ts";
import { rowsOf, type ScopeRow } from "../scope-rows.ts";
import classes from "./creation.module.css";

interface TemplatesProps {
  readonly domainId: string;
  readonly rows: readonly ScopeRow[];
  readonly onChoose: (rows: readonly ScopeRow[]) => void;
}

const nothing: ReadonlySet<string> = new Set();

/** Beginnings for the scopes, each with what it means; one replaces the rows there are, and that can be taken back. */
export function Templates({ domainId, rows, onChoose }: TemplatesProps) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const [replaced, setReplaced] = useState<{ rows: readonly ScopeRow[]; by: string }>();
  const choose = useChange(
    async (preset: Preset) => {
      if (catalogue === undefined) return [];
      const scopes = presetScopes(preset, domainId, catalogue);
      const exceeding = preset.isLimitedToRights === true ? await findExceeding(scopes) : nothing;
      return rowsOf(
        scopes.filter((scope) => !exceeding.has(scopeKey(scope))),
        catalogue,
      );
    },
    {
      done: null,
      stale: [],
      onDone: (chosen, { label }) => {
        setReplaced({ rows, by: label });
        onChoose(chosen);
      },
    },
  );
  return (
    <div>
      <ul className={classes.templates} aria-label="Templates">
        {presets.map((preset) => (
          <li key={preset.label} className={classes.template}>
            <Group justify="space-between" wrap="nowrap" gap="xs">
              <UnstyledButton
                className={classes.choose ?? ""}
                aria-describedby={`template-${preset.label}`}
                disabled={domainId === "" || catalogue === undefined || choose.isPending}
                onClick={() => choose.mutate(preset)}
              >
                {preset.label}
              </UnstyledButton>
              {choose.isPending && choose.variables === preset && <Loader size={14} />}
            </Group>
            <Text size="xs" c="dimmed" id={`template-${preset.label}`}>
              {preset.description}
            </Text>
            {catalogue !== undefined && (
              <span aria-hidden="true">
                <SmallMosaic
                  groups={tilesOf(catalogue, presetScopes(preset, domainId, catalogue), nothing)}
                />
              </span>
            )}
          </li>
        ))}
      </ul>
      {replaced !== undefined && (
        <Group gap="sm" mt="sm" role="status">
          <Text size="sm">“{replaced.by}” has replaced the scopes.</Text>
          <Button
            variant="default"
            size="compact-sm"
            onClick={() => {
              onChoose(replaced.rows);
              setReplaced(undefined);
            }}
          >
            Undo
          </Button>
        </Group>
      )}
      <FailureNotice error={choose.error} />
    </div>
  );
}
