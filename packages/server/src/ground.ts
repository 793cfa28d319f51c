import { type ChangeKey, keysOfPrincipal } from "./access/change-key.ts";
import type { Deps } from "./deps.ts";
import { identifyHolderAgain, identifyTokenAgain } from "./features/tokens/lifecycle/identify.ts";
import { identifySessionAgain } from "./features/users/sessions/identify-session.ts";
import type { Ground } from "./http/bind-operation.ts";
import type { Facts } from "./http/guard.ts";
import { readAuthoritiesIn } from "./rights/authority.ts";
import { findOwnDomains } from "./rights/own-domains-store.ts";
import { findParentGroupIdIn } from "./rights/parent-group.ts";
import type { Trx } from "./store/database.ts";

/** Returns the function that tells what decisions inside a transaction stand on: nothing but what it reads. */
export function createGroundOf(
  { catalogue, clock, config, database }: Pick<Deps, "catalogue" | "clock" | "config" | "database">,
  onDecision: Facts["onDecision"],
): (transaction: unknown) => Ground {
  return (transaction) => {
    // Every transaction comes from the hub, whatever the layers between do not know of it.
    const trx = transaction as Trx;
    const reliedOn: ChangeKey[] = [];
    const loadAuthority = readAuthoritiesIn(trx, catalogue);
    const identifyAgain: Ground["identifyAgain"] = (principal) => {
      reliedOn.push(...keysOfPrincipal(principal));
      return principal.kind === "token"
        ? identifyTokenAgain(trx, principal, clock())
        : identifySessionAgain(trx, principal, { clock, config });
    };
    return {
      facts: {
        clock,
        passwordConfirmationLifetime: config.password_confirmation_lifetime,
        onDecision,
        loadAuthority: (userId, target, action) => {
          reliedOn.push({ kind: "domain", id: target.domainId });
          return loadAuthority(userId, target, action);
        },
        findParentGroupId: (target) => {
          reliedOn.push({ kind: "domain", id: target.domainId });
          return findParentGroupIdIn(trx, target);
        },
        findOwnDomains: (principal, domainIds) => findOwnDomains(trx, principal, domainIds),
      },
      identifyAgain,
      identifyHolderAgain: (principal) => {
        if (principal.kind === "session") return identifyAgain(principal);
        reliedOn.push(...keysOfPrincipal(principal));
        return identifyHolderAgain(trx, principal, clock());
      },
      reliedOn: () => reliedOn,
      readAhead: async (userId, domainId) => {
        if (!database.isAskedAhead) return;
        const domain = { domainId, entityType: "domains", entityId: domainId };
        await loadAuthority(userId, domain, null);
      },
    };
  };
}
