import type { clients } from "@tessera/contract";
import type { Deps } from "../../deps.ts";
import {
  type ConnectedTo,
  type ConnectionKindsRow,
  connectedFilter,
  connectionKinds,
  connectionKindsColumn,
  connectionsOf,
  readConnectionTypes,
} from "../../entities/connected-store.ts";
import type {
  EntityExtension,
  InputOfType,
  ListRequest,
} from "../../entities/entity-extension-store.ts";
import { mapInTurns } from "../../http/in-turns.ts";
import { changeClient, insertClients } from "./client-store.ts";
import { createRefuseTakenSecrets } from "./taken-secrets.ts";

interface ClientColumns extends ConnectionKindsRow {
  readonly identity: string;
  /** JSON; only where a single client is viewed. */
  readonly private_metadata?: string;
}

type ClientQuery = InputOfType<typeof clients, "list">["query"];

/** Clients have credentials, metadata for their owners' eyes, and connections. */
export function clientExtension(
  deps: Pick<Deps, "keys" | "newId" | "clock" | "log">,
): EntityExtension<typeof clients, ClientColumns> {
  const { keys, newId } = deps;
  const refuseTakenSecrets = createRefuseTakenSecrets(deps);
  return {
    columns: ["d.identity"],
    viewColumns: ["d.private_metadata"],
    join: "join client_details d on d.domain_id = e.domain_id and d.id = e.id",
    uniqueMembers: { client_secret: "credentials.secret" },

    reply: (row) => ({
      credentials: { identity: row.identity || undefined },
      private_metadata: row.private_metadata && JSON.parse(row.private_metadata),
      connection_types: readConnectionTypes(row),
    }),

    insert: async (trx, creation) => {
      const keyVersion = keys.version;
      const secrets = await mapInTurns(creation.entities, ({ body }) => {
        const secret = body.credentials.secret ?? newId();
        return { secret, digest: keys.digest("client-secret", secret, keyVersion) };
      });
      const { domainId, userId, entities, fieldOf } = creation;
      // Secrets that the server makes are never taken.
      const chosen = entities.flatMap(({ body }, index) => {
        const digest = secrets[index]?.digest;
        const isChosen = body.credentials.secret !== undefined && digest !== undefined;
        const secret = secrets[index]?.secret ?? "";
        return isChosen ? [{ digest, secret, field: fieldOf(index, "credentials.secret") }] : [];
      });
      await refuseTakenSecrets(trx, { domainId, userId, secrets: chosen });
      await insertClients(
        trx,
        creation.entities.map(({ id, body }, index) => ({
          domain_id: creation.domainId,
          id,
          identity: body.credentials.identity ?? "",
          secret_digest: secrets[index]?.digest ?? "",
          secret_key_version: keyVersion,
          private_metadata: JSON.stringify(body.private_metadata),
        })),
      );
      return creation.entities.map(({ body }, index) => ({
        credentials: {
          identity: body.credentials.identity || undefined,
          secret: secrets[index]?.secret,
        },
      }));
    },

    update: async (trx, key, { private_metadata }) => {
      if (private_metadata === undefined) return;
      await changeClient(trx, key, { private_metadata: JSON.stringify(private_metadata) });
    },

    dependents: (key) => connectionsOf("client_id", key),

    listFilters: (request) => {
      const connected = connectedTo(request);
      return connected === undefined ? [] : [connectedFilter(connected)];
    },

    listColumns: (request) => {
      const connected = connectedTo(request);
      return connected === undefined ? [] : [connectionKindsColumn(connected)];
    },
  };
}

function connectedTo({ domainId, query }: ListRequest<ClientQuery>): ConnectedTo | undefined {
  const { channel, connection_type } = query;
  if (channel === undefined) return undefined;
  return {
    domainId,
    listed: "client",
    otherId: channel,
    kind: connection_type && connectionKinds[connection_type],
  };
}
