import { type clientOperations, clients, type EndpointsOf } from "@tessera/contract";
import type { Deps } from "../../deps.ts";
import { takenProblem } from "../../entities/entity-creation.ts";
import { changeEntity, noSuchEntity, requireEnabledEntity } from "../../entities/entity-store.ts";
import { createEntityViews } from "../../entities/entity-views.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import { isDuplicate } from "../../store/driver-errors.ts";
import { clientExtension } from "./client-extension.ts";
import { changeClient, findTakenDigests } from "./client-store.ts";

type SecretEndpoint = Extract<
  EndpointsOf<typeof clientOperations>,
  { readonly id: "clients.update_secret" }
>;

/** Gives a client another secret, shown in this one reply. */
export function clientSecretHandlers(deps: Deps): Handlers<SecretEndpoint> {
  const { hub, keys, clock } = deps;
  const views = createEntityViews(deps, clients, clientExtension(deps));
  return {
    "clients.update_secret": async ({ params: { domainId, id }, body, principal, actor }) => {
      const key = { domainId, type: clients, id };
      const digest = keys.digest("client-secret", body.secret);
      const change = hub.change(actor, async ({ trx, record }) => {
        const now = clock();
        await requireEnabledEntity(trx, key);
        const taken = await findTakenDigests(trx, domainId, [digest], id);
        if (taken.has(digest)) throw takenProblem("secret");
        await changeClient(trx, key, { secret_digest: digest, secret_key_version: keys.version });
        await changeEntity(trx, key, {
          updated_by: principal.userId,
          updated_at: now,
          touched_at: now,
        });
        record({ name: "clients.update_secret", domainId, entityId: id });
        const [changed] = await views.reader.readEntities(trx, domainId, [id]);
        return changed;
      });
      const row = await change.catch((error) => {
        throw isDuplicate(error, "client_secret") ? takenProblem("secret") : error;
      });
      if (row === undefined) throw noSuchEntity(clients, id);
      const client = views.toReply(domainId, row);
      return { ...client, credentials: { ...client.credentials, secret: body.secret } };
    },
  };
}
