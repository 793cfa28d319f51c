import { AppError, type EntityType, type ReplyOf } from "@tessera/contract";
import type { Principal } from "../access/principal.ts";
import { createTotals } from "../changes/totals.ts";
import type { Deps } from "../deps.ts";
import { mapInTurns } from "../http/in-turns.ts";
import {
  domainRoleReader,
  findIsAdmin,
  findWays,
  type Viewer,
  wayAllows,
} from "../rights/way-store.ts";
import type { EndpointOfType, EntityExtension } from "./entity-extension-store.ts";
import { type EntityListQuery, findAllEntities, listEntities } from "./entity-list-store.ts";
import { toAccessMembers, toEntityReply, toRoleEntry } from "./entity-reply.ts";
import { createEntityReader, type EntityRow, isDomainKnown } from "./entity-store.ts";

/** What a view of an object of the type answers. */
type ViewReply<T extends EntityType> = [EndpointOfType<T, "view">] extends [never]
  ? object
  : ReplyOf<EndpointOfType<T, "view">>;

type Filters = Parameters<typeof findAllEntities>[3];

/** How the objects of one type are shown. */
export function createEntityViews<T extends EntityType>(
  deps: Deps,
  type: T,
  extension: EntityExtension<T>,
) {
  const { database, catalogue } = deps;
  const reader = createEntityReader(database, type, extension);
  const totals = createTotals(deps.hub);
  const listDeps = { database, catalogue, type, extension, reader, totals };
  const findDomainRole = domainRoleReader(database, catalogue);

  // The extension's members complete the reply; the row's schema lets nothing else out.
  const toReply = (domainId: string, row: EntityRow) =>
    toEntityReply(domainId, row, extension) as ViewReply<T>;

  return {
    reader,
    toReply,

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
      moreFilters: Filters = [],
    ) => {
      const { total, items } = await listEntities(listDeps, domainId, viewer, query, moreFilters);
      if (total === 0 && viewer.isAdmin && !(await isDomainKnown(database.read, domainId))) {
        throw new AppError("not_found", "There is no such domain");
      }
      return {
        page: { total, offset: query.offset, limit: query.limit },
        items: await mapInTurns(items, (item): ViewReply<T> => {
          const members = toEntityReply(domainId, item.row, extension);
          return { ...members, ...toAccessMembers(type, item) } as ViewReply<T>;
        }),
      };
    },

    /** Everything that the viewer may view and that the filters let through, if one reply can carry it. */
    all: async (domainId: string, viewer: Viewer, filters: Filters, howToAskForLess: string) => {
      const rows = await findAllEntities(listDeps, domainId, viewer, filters, howToAskForLess);
      return mapInTurns(rows, (row) => toReply(domainId, row));
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
