import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { catalogueQuery } from "../../../api/catalogue.ts";
import { useExceedingScopes } from "../../../api/exceeding-rights.ts";
import { rowProblems, type ScopeRow, scopesOf, withToggled } from "../scope-rows.ts";
import { MosaicLegend, ScopeMosaic } from "./scope-mosaic.tsx";
import { tilesOf } from "./tiles.ts";

interface LiveMosaicProps {
  readonly rows: readonly ScopeRow[];
  /** Where a stone is set that no row is for yet. */
  readonly domainId: string;
  readonly onChange: (rows: readonly ScopeRow[]) => void;
}

/** What the rows of a form come to, while they are chosen; a click on a stone changes the rows. */
export function LiveMosaic({ rows, domainId, onChange }: LiveMosaicProps) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const scopes = scopesOf(rows.filter((row) => Object.keys(rowProblems(row)).length === 0));
  const exceeding = useExceedingScopes(scopes);
  const open = new Set(
    rows
      .filter((row) => "entityId" in rowProblems(row))
      .flatMap((row) => row.operations.map((operation) => `${row.entityType}.${operation}`)),
  );
  if (catalogue === undefined) return null;
  return (
    <Stack gap="sm">
      <ScopeMosaic
        groups={tilesOf(catalogue, scopes, exceeding, open)}
        onToggle={(type, { operation }) => onChange(withToggled(rows, domainId, type, operation))}
      />
      <MosaicLegend isUseKnown={false} />
    </Stack>
  );
}
