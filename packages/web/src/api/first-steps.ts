import { queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";
import { entitiesKey } from "./entities.ts";

/** A client and a channel of the domain, which are connected where any of the first ones are; null: there is none. */
export interface FirstEntities {
  readonly client: { readonly id: string; readonly name: string } | null;
  readonly channel: { readonly id: string; readonly name: string } | null;
  readonly isConnected: boolean;
}

/** Beyond so many nobody is at the beginning any more. */
const lookedAt = 10;

export const firstEntitiesQuery = (domainId: string) =>
  queryOptions({
    queryKey: [...entitiesKey(domainId), "first-steps"],
    queryFn: async ({ signal }): Promise<FirstEntities> => {
      const query = { limit: lookedAt, order: "created_at", dir: "asc" } as const;
      const [{ clients }, { channels }] = await Promise.all([
        api.clients.list({ domainId, query }, { signal }),
        api.channels.list({ domainId, query }, { signal }),
      ]);
      for (const client of clients) {
        const connected = await api.channels.list(
          { domainId, query: { client: client.id, limit: 1 } },
          { signal },
        );
        const [channel] = connected.channels;
        if (channel !== undefined) return { client, channel, isConnected: true };
      }
      return { client: clients[0] ?? null, channel: channels[0] ?? null, isConnected: false };
    },
  });
