import { queryOptions } from "@tanstack/react-query";
import type { RolePlace } from "./rights.ts";
import { roleCalls } from "./roles.ts";

/** One role on an object. */
export const roleQuery = ({ type, domainId, id }: RolePlace, roleId: string) =>
  queryOptions({
    queryKey: ["roles", domainId, type, id, "one", roleId],
    queryFn: ({ signal }) => roleCalls[type].view({ domainId, id, roleId }, { signal }),
  });
