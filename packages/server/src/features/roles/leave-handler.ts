import { AppError, type BuiltInEndpoint } from "@tessera/contract";
import type { Deps } from "../../deps.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import { takeAllRoles } from "./take-roles.ts";

type LeaveEndpoint = Extract<BuiltInEndpoint, { readonly id: "domains.leave" }>;

/** Ends the membership of whoever asks, as being removed by others does. */
export function leaveHandler({ hub }: Pick<Deps, "hub">): Handlers<LeaveEndpoint> {
  return {
    "domains.leave": async ({ params: { domainId }, principal, actor, weigh }) => {
      await takeAllRoles(hub, {
        actor,
        weigh,
        selection: {
          target: { domainId, entityType: "domains", entityId: domainId },
          userIds: [principal.userId],
        },
        eventName: "domains.leave",
        refuseLast: () =>
          new AppError(
            "conflict",
            "You are the last administrator of this domain: give somebody else its admin role first",
          ),
      });
      return undefined;
    },
  };
}
