import { List, Stack, Text } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { allEntities } from "@tessera/sdk";
import { type CatalogueType, catalogueQuery } from "../../api/catalogue.ts";
import { domainQuery } from "../../api/domains.ts";
import { isListed, listedEntityQuery } from "../../api/entity-lists.ts";
import { Name } from "../../ui/name.tsx";
import { rowProblems, rowsOf, type ScopeRow, scopesOf } from "./scope-rows.ts";

/** What a token with these scopes could do, in words. */
export function ScopeSummary({ rows }: { rows: readonly ScopeRow[] }) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const complete = rows.filter((row) => Object.keys(rowProblems(row)).length === 0);
  const merged = catalogue === undefined ? [] : rowsOf(scopesOf(complete), catalogue);
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
  return (
    <Stack gap="md">
      {merged.map((row, index) => {
        const type = typeOf(row);
        const domain = domainNames.get(row.domainId) ?? "its domain";
        return (
          <div key={row.key}>
            <Text size="sm" fw={600}>
              <ObjectText
                row={row}
                type={type}
                domain={domain}
                entity={entityNames[index]?.data?.name || row.entityId}
              />
            </Text>
            <List size="sm" spacing={2} mt={4}>
              {row.operations.map((operation) => (
                <List.Item key={operation}>
                  {type?.operations.find(({ name }) => name === operation)?.summary ?? operation}
                </List.Item>
              ))}
            </List>
          </div>
        );
      })}
      <Text size="sm" c="dimmed">
        Nothing else, and never more than you may do yourself at that moment.
      </Text>
    </Stack>
  );
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
