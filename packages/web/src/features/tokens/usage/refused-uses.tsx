import { Button, Code, Text, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { allEntities, readWireTime, type ScopeWire } from "@tessera/sdk";
import { useState } from "react";
import { catalogueQuery } from "../../../api/catalogue.ts";
import {
  allScopesQuery,
  type Token,
  type TokenScope,
  tokenUsageQuery,
} from "../../../api/tokens.ts";
import { lazyDialog } from "../../../ui/lazy-part.tsx";
import { RelativeTime } from "../../../ui/relative-time.tsx";
import { refusalReason, wantedText } from "../../../words/refusal-text.ts";
import { summaryOf } from "../../../words/summary-of.ts";
import { LastRefusal } from "../token-last-use.tsx";
import classes from "./usage.module.css";

const AddScopeDialog = lazyDialog(
  async () => (await import("../add-scope-dialog.tsx")).AddScopeDialog,
);

/** What the token tried in vain, how often, and the scope that is missing for it. */
export function RefusedUses({ token }: { readonly token: Token }) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const { data: usage } = useQuery(tokenUsageQuery(token.id, "operation"));
  const { data: scopes } = useQuery(allScopesQuery(token.id));
  const [wanted, setWanted] = useState<ScopeWire>();
  const [isOpen, setIsOpen] = useState(false);
  const refused = (usage?.operations ?? [])
    .filter((one) => one.refused > 0)
    .toSorted((one, other) => other.refused - one.refused);
  if (usage === undefined) return null;
  // What was refused before that is told of the last one alone.
  if (refused.length === 0) {
    return token.last_refusal === undefined ? null : <LastRefusal refusal={token.last_refusal} />;
  }
  return (
    <section aria-labelledby="refused-title">
      <Title order={3} id="refused-title" mb={6}>
        Refused in the last 30 days
      </Title>
      <ul className={classes.refusals}>
        {refused.map(({ operation, refused: times, because, missing_scope, last_refused_at }) => {
          const isThereNow = missing_scope !== undefined && isCovered(missing_scope, scopes);
          return (
            <li key={operation} className={classes.refusal}>
              <div className={classes.tried}>
                <Text size="sm" component="div">
                  tried {times.toLocaleString("en")} × <Code>{wantedText(operation)}</Code>
                </Text>
                <Text size="xs" c="dimmed" component="div">
                  {[summaryOf(operation, catalogue), refusalReason(because)]
                    .filter((part) => part !== undefined)
                    .join(", ")}
                  {" · last "}
                  <RelativeTime at={readWireTime(last_refused_at)} never="–" />
                  {isThereNow && " · it has a scope for that now"}
                </Text>
              </div>
              {missing_scope !== undefined && !isThereNow && scopes !== undefined && (
                <Button
                  size="xs"
                  variant="default"
                  leftSection={<IconPlus size={14} aria-hidden />}
                  aria-label={`Add scope for ${wantedText(operation)}`}
                  onClick={() => {
                    setWanted(missing_scope);
                    setIsOpen(true);
                  }}
                >
                  Add scope
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      <AddScopeDialog
        token={token}
        scope={wanted}
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
      />
    </section>
  );
}

function isCovered(wanted: ScopeWire, scopes: readonly TokenScope[] = []): boolean {
  return scopes.some(
    (scope) =>
      scope.domain_id === wanted.domain_id &&
      scope.entity_type === wanted.entity_type &&
      scope.operation === wanted.operation &&
      (scope.entity_id === allEntities || scope.entity_id === wanted.entity_id),
  );
}
