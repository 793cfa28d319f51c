import { AppError, type EntityType } from "@tessera/contract";
import type { Principal } from "../../access/principal.ts";
import type { Deps } from "../../deps.ts";
import {
  domainRoleReader,
  findIsAdmin,
  findWays,
  type Viewer,
  wayAllows,
} from "./entity-access-store.ts";
import type { EntityExtension } from "./entity-extension-store.ts";
import { type EntityListQuery, listEntities } from "./entity-list-store.ts";
import { toAccessMembers, toEntityReply, toRoleEntry } from "./entity-reply.ts";
import { createEntityReader, type EntityRow, isDomainKnown } from "./entity-store.ts";

/** How the objects of one type are shown. */
export type EntityViews = ReturnType<typeof createEntityViews>;

type MoreFilters = Parameters<typeof listEntities>[4];

export function createEntityViews(deps: Deps, type: EntityType, extension: EntityExtension) {
  const { database, catalogue } = deps;
  const reader = createEntityReader(database, type, extension);
  const findDomainRole = domainRoleReader(database, catalogue);

  return {
    reader,
    toReply: (domainId: string, row: EntityRow) => toEntityReply(domainId, row, extension),

    /** The principal's own view of the domain, or that of another user, which only platform administrators may see. */
    viewerOf: async (
      principal: Principal,
      domainId: string,
      wantedUserId = principal.userId,
    ): Promise<Viewer> => {
      const isSelf = wantedUserId === principal.userId;
      if (!isSelf && !principal.isAdmin) {
        throw new AppError(
          "owner_lacks_permission",
          "Only administrators of the platform see another user's view",
        );
      }
      const isAdmin = isSelf ? principal.isAdmin : await findIsAdmin(database.read, wantedUserId);
      return {
        userId: wantedUserId,
        isAdmin: isAdmin === true,
        domainRole: await findDomainRole(wantedUserId, domainId),
      };
    },

    /** A page of the objects that the viewer may view. */
    list: async (
      domainId: string,
      viewer: Viewer,
      query: EntityListQuery,
      moreFilters?: MoreFilters,
    ) => {
      const listDeps = { database, catalogue, type, extension, reader };
      const { total, items } = await listEntities(listDeps, domainId, viewer, query, moreFilters);
      if (total === 0 && viewer.isAdmin && !(await isDomainKnown(database.read, domainId))) {
        throw new AppError("not_found", "There is no such domain");
      }
      return {
        total,
        offset: query.offset,
        limit: query.limit,
        [type.name]: items.map((item) => ({
          ...toEntityReply(domainId, item.row, extension),
          ...toAccessMembers(type, item),
        })),
      };
    },

    /** The principal's own ways to the object. */
    ownRoles: async (principal: Principal, domainId: string, row: EntityRow) => {
      const { userId, isAdmin } = principal;
      const viewer = { userId, isAdmin, domainRole: await findDomainRole(userId, domainId) };
      const reached = await findWays(database.read, catalogue, type, domainId, viewer, [row]);
      const ways = reached.get(row.id)?.ways ?? [];
      return ways
        .filter((way) => type.ownActions.some((action) => wayAllows(catalogue, type, way, action)))
        .map(toRoleEntry);
    },
  };
}
