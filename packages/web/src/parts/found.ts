import { keepPreviousData, useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { domainChoicesQuery } from "../api/domains.ts";
import { entityName } from "../api/entities.ts";
import { entityChoicesQuery, type ListedEntity, listedEntityQuery } from "../api/entity-lists.ts";
import type { Choice, Found } from "../ui/use-picker.ts";
import { useTyped } from "../ui/use-typed.ts";
import { visibleText } from "../words/foreign-text.ts";

/** What a picker finds while one types. */
interface Finding {
  readonly found: Found;
  readonly onType: (text: string | null) => void;
}

/** The domains that one may enter. */
export function useFoundDomains(): Finding {
  const { text, isOpen, isTyping, setTyped } = useTyped();
  const search = useInfiniteQuery({
    ...domainChoicesQuery(text),
    enabled: isOpen,
    placeholderData: keepPreviousData,
  });
  const pages = search.data?.pages ?? [];
  const domains = pages.flatMap((page) => page.domains);
  return {
    onType: setTyped,
    found: {
      choices: domains.map(({ id, name }) => ({ value: id, label: visibleText(name) })),
      left: (pages[0]?.total ?? 0) - domains.length,
      isLooking: isTyping || search.isPlaceholderData || search.isPending,
      nothing: text === "" ? "No domain yet" : "No such domain",
      onMore: () => void search.fetchNextPage(),
    },
  };
}

interface EntitySearch {
  readonly type: string;
  readonly domainId: string;
  readonly status: "enabled" | "all";
  /** What is not on offer, by id. */
  readonly without?: readonly string[];
  readonly nothing: string;
}

/** The entities of a type in a domain; groups with those they lie in. */
export function useFoundEntities(search: EntitySearch): Finding {
  const { type, domainId, status, without = [], nothing } = search;
  const { text, isOpen, isTyping, setTyped } = useTyped();
  const list = useInfiniteQuery({
    ...entityChoicesQuery(type, domainId, text, status),
    enabled: isOpen,
    placeholderData: keepPreviousData,
  });
  const pages = list.data?.pages ?? [];
  const entities = pages.flatMap((page) => page.entities);
  const offered = entities.filter(({ id }) => !without.includes(id));
  const choices = useChoices(type, domainId, offered);
  return {
    onType: setTyped,
    found: {
      choices,
      left: (pages[0]?.total ?? 0) - entities.length,
      isLooking: isTyping || list.isPlaceholderData || list.isPending,
      nothing,
      onMore: () => void list.fetchNextPage(),
    },
  };
}

/** Entities as choices, each with the names of the groups above it, as far as the person sees them. */
export function useChoices(
  type: string,
  domainId: string,
  entities: readonly ListedEntity[],
): readonly Choice[] {
  const known = new Map(entities.map((entity) => [entity.id, entity.name]));
  const unknown = new Set(entities.flatMap(idsAbove).filter((id) => !known.has(id)));
  const read = useQueries({
    queries: [...unknown].map((id) => listedEntityQuery(type, domainId, id)),
  });
  for (const { data } of read)
    if (data !== undefined && data !== null) known.set(data.id, data.name);
  return entities.map((entity) => {
    const above = idsAbove(entity).map((id) => visibleText(known.get(id) ?? "…"));
    const choice = { value: entity.id, label: visibleText(entityName(entity)) };
    return above.length === 0 ? choice : { ...choice, above };
  });
}

function idsAbove({ path }: ListedEntity): readonly string[] {
  return path === undefined ? [] : path.split(".").slice(0, -1);
}
