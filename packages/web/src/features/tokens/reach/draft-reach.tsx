import { Box, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ScopeWire } from "@tessera/sdk";
import { useState } from "react";
import { type CatalogueReply, catalogueQuery } from "../../../api/catalogue.ts";
import { draftReachQuery } from "../../../api/token-reach.ts";
import { FailureNotice } from "../../../ui/failure-notice.tsx";
import { LoadingRows } from "../../../ui/loading-rows.tsx";
import classes from "../creation/creation.module.css";
import { ReachOfDomain } from "./reach-of-domain.tsx";

/** After the last change; while one types nothing is asked. */
const pauseMs = 400;

/** What a token with these scopes would reach now: folded, and drawn anew while the scopes are chosen. */
export function DraftReach({ scopes }: { readonly scopes: readonly ScopeWire[] }) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const [isOpen, setIsOpen] = useState(false);
  if (scopes.length === 0 || catalogue === undefined) return null;
  return (
    <details
      className={classes.review}
      onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}
    >
      <summary>What it would reach now</summary>
      {isOpen && <Reach scopes={scopes} catalogue={catalogue} />}
    </details>
  );
}

interface ReachProps {
  readonly scopes: readonly ScopeWire[];
  readonly catalogue: CatalogueReply;
}

function Reach({ scopes, catalogue }: ReachProps) {
  const [settled] = useDebouncedValue(scopes, pauseMs);
  const reach = useQuery({
    ...draftReachQuery(settled, catalogue),
    placeholderData: keepPreviousData,
  });
  if (reach.error !== null) {
    return <FailureNotice error={reach.error} onRetry={() => void reach.refetch()} />;
  }
  if (reach.data === undefined) return <LoadingRows count={2} />;
  return (
    <Box mt="sm" aria-busy={reach.isPlaceholderData}>
      {reach.data.map((domain) => (
        <ReachOfDomain key={domain.domainId} reach={domain} catalogue={catalogue} />
      ))}
      <Text size="xs" c="dimmed" mt="sm">
        What is there now, as far as you may do it yourself.
      </Text>
    </Box>
  );
}
