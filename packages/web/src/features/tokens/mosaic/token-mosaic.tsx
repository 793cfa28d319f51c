import { Paper, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type CatalogueType, catalogueQuery } from "../../../api/catalogue.ts";
import { api } from "../../../api/client.ts";
import { useExceedingScopes } from "../../../api/exceeding-rights.ts";
import { allScopesQuery, type Token, tokensKey } from "../../../api/tokens.ts";
import { useChange } from "../../../api/use-change.ts";
import { ConfirmDialog } from "../../../ui/confirm-dialog.tsx";
import { Name } from "../../../ui/name.tsx";
import { MosaicLegend, ScopeMosaic } from "./scope-mosaic.tsx";
import { isGranted, type Tile, tilesOf } from "./tiles.ts";

interface TokenMosaicProps {
  readonly token: Token;
  /** Lets a scope be added for the operation of that stone. */
  readonly onAdd: (type: CatalogueType, operation: string) => void;
}

/** All that a token may do. A click on a stone takes its scopes away, after a question, or begins a new one. */
export function TokenMosaic({ token, onAdd }: TokenMosaicProps) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const { data: scopes } = useQuery(allScopesQuery(token.id));
  const exceeding = useExceedingScopes(scopes ?? []);
  const [taken, setTaken] = useState<{ type: CatalogueType; tile: Tile }>();
  const [isAsking, setIsAsking] = useState(false);
  const remove = useChange(
    (ids: string[]) => api.tokens.remove_scopes({ tokenId: token.id, body: { scopes_id: ids } }),
    {
      done: ({ length }) => (length === 1 ? "The scope is deleted" : "The scopes are deleted"),
      stale: [tokensKey],
      onDone: () => setIsAsking(false),
    },
  );
  if (catalogue === undefined || scopes === undefined) return null;
  const ids = scopes
    .filter(
      ({ entity_type, operation }) =>
        entity_type === taken?.type.name && operation === taken.tile.operation,
    )
    .map(({ id }) => id);
  return (
    <Paper withBorder p={{ base: "md", sm: "lg" }} mb="md">
      <Stack gap="md">
        <ScopeMosaic
          isLabelled
          groups={tilesOf(catalogue, scopes, exceeding)}
          onToggle={(type, tile) => {
            if (!isGranted(tile)) return onAdd(type, tile.operation);
            setTaken({ type, tile });
            setIsAsking(true);
          }}
        />
        <MosaicLegend isUseKnown />
      </Stack>
      <ConfirmDialog
        isOpen={isAsking}
        title="Delete scopes"
        verb="Delete"
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(ids)}
        onClose={() => setIsAsking(false)}
      >
        From now on{" "}
        <strong>
          <Name>{token.name}</Name>
        </strong>{" "}
        may no longer do this, on any object: {taken?.tile.summary}.
      </ConfirmDialog>
    </Paper>
  );
}
