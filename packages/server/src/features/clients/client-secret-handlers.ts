import { type clientOperations, clients, type EndpointsOf } from "@tessera/contract";
import type { Deps } from "../../deps.ts";
import { createChangeEntity } from "../../entities/change-entity.ts";
import { takenProblem } from "../../entities/entity-creation.ts";
import { changeEntity, requireEnabledEntity } from "../../entities/entity-store.ts";
import { createEntityViews } from "../../entities/entity-views.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import { isDuplicate } from "../../store/driver-errors.ts";
import { clientExtension } from "./client-extension.ts";
import { changeClient } from "./client-store.ts";
import { createRefuseTakenSecrets } from "./taken-secrets.ts";

type SecretEndpoint = Extract<
  EndpointsOf<typeof clientOperations>,
  { readonly id: "clients.update_secret" }
>;

/** Gives a client another secret, shown in this one reply. */
export function clientSecretHandlers(deps: Deps): Handlers<SecretEndpoint> {
  const { keys } = deps;
  const refuseTakenSecrets = createRefuseTakenSecrets(deps);
  const views = createEntityViews(deps, clients, clientExtension(deps));
  const { changeAndShow } = createChangeEntity(deps, clients, views);
  return {
    "clients.update_secret": async (call) => {
      const { secret } = call.body;
      const keyVersion = keys.version;
      const digest = keys.digest("client-secret", secret, keyVersion);
      const change = changeAndShow(call, "update_secret", async ({ trx }, key, stamp) => {
        await requireEnabledEntity(trx, key);
        await refuseTakenSecrets(trx, {
          domainId: key.domainId,
          userId: call.principal.userId,
          secrets: [{ digest, secret, field: "secret" }],
          clientId: key.id,
        });
        await changeClient(trx, key, { secret_digest: digest, secret_key_version: keyVersion });
        await changeEntity(trx, key, stamp);
        return {};
      });
      const client = await change.catch((error) => {
        throw isDuplicate(error, "client_secret") ? takenProblem("secret") : error;
      });
      return { ...client, credentials: { ...client.credentials, secret } };
    },
  };
}
