import { Stack, Text } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { allEntities } from "@tessera/sdk";
import { type CatalogueType, catalogueQuery } from "../../api/catalogue.ts";
import { domainQuery } from "../../api/domains.ts";
import { isListed, listedEntityQuery } from "../../api/entity-lists.ts";
import { useExceedingScopes } from "../../api/exceeding-rights.ts";
import { scopeKey } from "../../api/scope-key.ts";
import { Name } from "../../ui/name.tsx";
import { uncapitalized } from "../../words/first-letter.ts";
import { rowProblems, rowsOf, type ScopeRow, scopesOf } from "./scope-rows.ts";

/** What a token with these scopes could do, in words; apart from it what its owner may not do now either. */
export function ScopeSummary({ rows }: { rows: readonly ScopeRow[] }) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const complete = rows.filter((row) => Object.keys(rowProblems(row)).length === 0);
  const merged = catalogue === undefined ? [] : rowsOf(scopesOf(complete), catalogue);
  const exceeding = useExceedingScopes(scopesOf(merged));
  const domainNames = useNames([...new Set(merged.map(({ domainId }) => domainId))]);
  const typeOf = (row: ScopeRow) =>
    catalogue?.entity_types.find(({ name }) => name === row.entityType);
  const entityNames = useQueries({
    queries: merged.map((row) => ({
      ...listedEntityQuery(row.entityType, row.domainId, row.entityId),
      enabled: row.entityId !== allEntities && isListed(typeOf(row)?.kind ?? ""),
    })),
  });

  if (merged.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing yet. A token without scopes can do nothing; scopes can also be added later.
      </Text>
    );
  }
  /** The row with those of its operations that the person may do now, or with the others. */
  const part = (row: ScopeRow, isBeyond: boolean) => ({
    row: {
      ...row,
      operations: scopesOf([row])
        .filter((scope) => exceeding.has(scopeKey(scope)) === isBeyond)
        .map(({ operation }) => operation),
    },
    entity: entityNames[merged.indexOf(row)]?.data?.name || row.entityId,
  });
  const sentences = (isBeyond: boolean) =>
    merged
      .map((row) => part(row, isBeyond))
      .filter(({ row }) => row.operations.length > 0)
      .map(({ row, entity }) => {
        const type = typeOf(row);
        const domain = domainNames.get(row.domainId) ?? "its domain";
        return (
          <Text key={row.key} size="sm" component="div">
            <Text size="sm" fw={600} component="div">
              <ObjectText row={row} type={type} domain={domain} entity={entity} />
            </Text>
            {wordsOf(row, type)}
          </Text>
        );
      });
  const beyond = sentences(true);
  return (
    <Stack gap="sm">
      {sentences(false)}
      <Text size="sm" c="dimmed">
        Nothing else, and never more than you may do yourself at that moment.
      </Text>
      {beyond.length > 0 && (
        <>
          <Text size="sm" fw={600} c="var(--tessera-warning-text)">
            Not now, because you may not do it yourself:
          </Text>
          {beyond}
        </>
      )}
    </Stack>
  );
}

/** `View a client, update client tags`. */
function wordsOf({ operations }: ScopeRow, type: CatalogueType | undefined): string {
  return operations
    .map(
      (operation) => type?.operations.find(({ name }) => name === operation)?.summary ?? operation,
    )
    .map((words, index) => (index === 0 ? words : uncapitalized(words)))
    .join(", ");
}

interface ObjectTextProps {
  readonly row: ScopeRow;
  readonly type: CatalogueType | undefined;
  readonly domain: string;
  readonly entity: string;
}

function ObjectText({ row, type, domain, entity }: ObjectTextProps) {
  const inDomain = <Name>{domain}</Name>;
  if (type === undefined || type.kind === "domain") return <>In the domain {inDomain}</>;
  if (row.entityId === allEntities) {
    return (
      <>
        On every {type.singular} of {inDomain}
      </>
    );
  }
  return (
    <>
      On the {type.singular} <Name>{entity}</Name> of {inDomain}
    </>
  );
}

function useNames(domainIds: readonly string[]): ReadonlyMap<string, string> {
  const domains = useQueries({ queries: domainIds.map((id) => domainQuery(id)) });
  return new Map(
    domains.flatMap(({ data }): [string, string][] =>
      data === undefined ? [] : [[data.id, data.name]],
    ),
  );
}
