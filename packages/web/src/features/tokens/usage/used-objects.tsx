import { Text } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { readWireTime } from "@tessera/sdk";
import { catalogueQuery } from "../../../api/catalogue.ts";
import { domainQuery } from "../../../api/domains.ts";
import { isListed, listedEntityQuery } from "../../../api/entity-lists.ts";
import { tokenUsageQuery } from "../../../api/tokens.ts";
import { BarList } from "../../../ui/bar-list.tsx";
import { FailureNotice } from "../../../ui/failure-notice.tsx";
import { LoadingRows } from "../../../ui/loading-rows.tsx";
import { Name } from "../../../ui/name.tsx";
import { RelativeTime } from "../../../ui/relative-time.tsx";
import { NoUse } from "./no-use.tsx";

/** Of so many the names are read. */
const namesRead = 20;

/** With which objects: the most frequent first. */
export function UsedObjects({ tokenId }: { readonly tokenId: string }) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const usage = useQuery(tokenUsageQuery(tokenId, "object"));
  const objects = (usage.data?.objects ?? []).toSorted(
    (one, other) => other.uses - one.uses || other.refused - one.refused,
  );
  const named = objects.slice(0, namesRead);
  const kindOf = (type: string) => catalogue?.entity_types.find(({ name }) => name === type)?.kind;
  const entities = useQueries({
    queries: named.map(({ entity_type, domain_id, entity_id }) => ({
      ...listedEntityQuery(entity_type, domain_id, entity_id),
      enabled: isListed(kindOf(entity_type) ?? ""),
    })),
  });
  const domains = useQueries({
    queries: named.map(({ entity_type, entity_id }) => ({
      ...domainQuery(entity_id),
      enabled: kindOf(entity_type) === "domain",
    })),
  });
  if (usage.error !== null) {
    return <FailureNotice error={usage.error} onRetry={() => void usage.refetch()} />;
  }
  if (usage.data === undefined) return <LoadingRows count={3} />;
  if (objects.length === 0) return <NoUse />;
  const { other_objects: others } = usage.data;
  const otherUses = (others?.uses ?? 0) + (others?.refused ?? 0);
  return (
    <>
      <BarList
        label="Uses by object"
        axes={["Object", "Uses in 30 days"]}
        items={objects.map((object, index) => {
          const { entity_type, entity_id, uses, refused, last_used_at, last_refused_at } = object;
          const type = catalogue?.entity_types.find(({ name }) => name === entity_type);
          return {
            key: `${object.domain_id} ${entity_type} ${entity_id}`,
            label: (
              <Name>{entities[index]?.data?.name || domains[index]?.data?.name || entity_id}</Name>
            ),
            hint: (
              <>
                {type?.singular ?? entity_type} · {uses > 0 ? "last " : "refused "}
                <RelativeTime
                  at={readWireTime(uses > 0 ? last_used_at : last_refused_at)}
                  never="never"
                />
              </>
            ),
            value: uses,
            refused,
          };
        })}
      />
      {otherUses > 0 && (
        <Text size="sm" c="dimmed">
          And {otherUses.toLocaleString("en")} uses of other objects, which are not counted one by
          one.
        </Text>
      )}
    </>
  );
}
