import { AppError, readTagFilter, readWireTime, type userEndpoints } from "@tessera/contract";
import type { FastifyRequest } from "fastify";
import type { SessionPrincipal } from "../../../access/principal.ts";
import type { Change } from "../../../changes/change-hub.ts";
import type { Deps } from "../../../deps.ts";
import { addressOf } from "../../../http/address-of.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import type { FindCaller } from "../../../http/find-caller.ts";
import { mapInTurns } from "../../../http/in-turns.ts";
import { networkOf } from "../../../http/network-address.ts";
import { requireRate } from "../../../http/rate-limit.ts";
import type { AccountLoad } from "../accounts/account-load.ts";
import { removeAllLinks, removeLinksMadeBy } from "../links/link-store.ts";
import { createChangePassword } from "../passwords/change-password.ts";
import type { CheckPassword } from "../passwords/password-check.ts";
import { endSessionsOfUser } from "../sessions/session-store.ts";
import { refuseNameOfAdministrator } from "./administrator-name.ts";
import { createChangeUser, requireAnotherAdmin } from "./change-user.ts";
import { createPeopleShown } from "./people-shown.ts";
import { createRegister } from "./register-user.ts";
import {
  emailColumns,
  firstNameColumns,
  lastNameColumns,
  usernameColumns,
} from "./user-columns.ts";
import { listUsers, readTokenTotals, wordsOf } from "./user-list-store.ts";
import {
  toFullReply,
  toListReply,
  toPublicReply,
  toSearchReply,
  toTokenReply,
} from "./user-reply.ts";
import { replaceTags, requireUser, unknownUser } from "./user-store.ts";

const minimumSearchLength = 2;
/** Of a part many people are found that nobody has in mind: it is random. */
const wholeId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const wholeEmail = /^[^\s@]+@[^\s@]+$/;
/** A search finds people one has in mind; nobody is to leaf through all there are. */
const maximumFound = 100;

/** Revokes the tokens of a person who is disabled, in the transaction that does it. */
type SuspendTokens = (
  change: Pick<Change, "trx" | "record">,
  userId: string,
  at: number,
) => Promise<void>;

/** The handlers of people's accounts. `findCaller` is asked only where anyone may call. */
export function userHandlers(
  deps: Deps,
  findCaller: FindCaller,
  load: AccountLoad,
  checkPassword: CheckPassword,
  suspendTokens: SuspendTokens,
): Handlers<(typeof userEndpoints)[number]> {
  const { database } = deps;
  const changeUser = createChangeUser(deps);
  const countShown = createPeopleShown(deps.config.people_found_per_day, deps.clock);

  return {
    "users.register": createRegister(deps, findCaller, load),

    "users.list": async ({ query }) => {
      const { offset, limit, order, dir, status } = query;
      const { total, users } = await listUsers(
        database,
        {
          by: "parts",
          status: status === "all" ? undefined : status,
          username: query.username,
          email: query.email,
          firstName: query.first_name,
          lastName: query.last_name,
          id: query.id,
          tags: readTagFilter(query.tags),
          metadata: query.metadata,
          createdFrom: readInstant(query.created_from, "created_from"),
          createdTo: readInstant(query.created_to, "created_to"),
        },
        { order, dir, offset, limit: query.only_total ? 0 : limit },
      );
      const tokens = await readTokenTotals(
        database,
        users.map(({ id }) => id),
      );
      const items = await mapInTurns(users, (user) => ({
        ...toListReply(user),
        ...toTokenReply(tokens.get(user.id)),
      }));
      return { total, offset, limit, users: items };
    },

    "users.search": async ({ query, principal }) => {
      const { offset, limit, username, first_name, last_name, email, id } = query;
      requireSearchWords({ username, id, email, first_name, last_name });
      const search = (page: { readonly offset: number; readonly limit: number }) =>
        listUsers(
          database,
          {
            by: "words",
            status: "enabled",
            role: "user",
            username,
            firstName: first_name,
            lastName: last_name,
            email,
            id,
          },
          { order: "username", dir: "asc", ...page },
        );
      const { total, users } = await search({
        offset,
        limit: Math.max(0, Math.min(limit, maximumFound - offset)),
      });
      if (!principal.isAdmin) {
        // A number alone tells of somebody, too.
        const isUnshown = users.length === 0 && total > 0;
        const found = isUnshown ? (await search({ offset: 0, limit: 1 })).users : users;
        countShown(principal.userId, found);
      }
      return {
        total: Math.min(total, maximumFound),
        offset,
        limit,
        users: await mapInTurns(users, toSearchReply),
      };
    },

    "users.profile": async ({ principal: { userId } }) =>
      toFullReply(await requireUser(database.read, userId), userId),

    "users.view": async ({ params, principal }) => {
      const user = await requireUser(database.read, params.userId);
      if (principal.isAdmin || principal.userId === user.id) {
        return toFullReply(user, principal.userId);
      }
      if (user.status === "deleted") throw unknownUser();
      return toPublicReply(user);
    },

    "users.change_password": createChangePassword(deps, changeUser, checkPassword, load),

    "users.update": (call) =>
      changeUser(call, "users.update", async (user, trx) => {
        const { metadata, private_metadata } = call.body;
        // Clients send empty names for those they do not mean to change.
        const first_name = call.body.first_name || user.first_name;
        const last_name = call.body.last_name || user.last_name;
        const naming = { userId: user.id, from: user, to: { first_name, last_name } };
        const isRenamed = first_name !== user.first_name || last_name !== user.last_name;
        if (isRenamed) requireNameChangesLeft(call);
        try {
          await refuseNameOfAdministrator(trx, naming);
        } catch (error) {
          // What is refused tells how an administrator is called; other renamings tell nothing.
          if (error instanceof AppError) countNameChange(call);
          throw error;
        }
        return {
          ...firstNameColumns(first_name),
          ...lastNameColumns(last_name),
          ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
          ...(private_metadata === undefined
            ? {}
            : { private_metadata: JSON.stringify(private_metadata) }),
        };
      }),

    "users.update_username": (call) => {
      requireNameChangesLeft(call);
      countNameChange(call);
      return changeUser(call, "users.update_username", () => usernameColumns(call.body.username));
    },

    "users.update_tags": (call) =>
      changeUser(call, "users.update_tags", async (user, trx) => {
        await replaceTags(trx, user.id, call.body.tags);
        return {};
      }),

    "users.update_picture": (call) =>
      changeUser(call, "users.update_picture", () => ({
        profile_picture: call.body.profile_picture,
      })),

    "users.update_email": (call) => {
      requireNameChangesLeft(call);
      countNameChange(call);
      return changeUser(call, "users.update_email", async (user, trx, _now, { detail }) => {
        const { email } = call.body;
        if (email === user.email) {
          const message = "This is the user's email address already";
          throw new AppError("conflict", message, { field: "email" });
        }
        // Whoever has got hold of the account has its mail from now on.
        detail({ old_email: user.email });
        await removeAllLinks(trx, user.id);
        return { ...emailColumns(email), verified_at: null };
      });
    },

    "users.update_role": (call) =>
      changeUser(call, "users.update_role", async (user, trx) => {
        const { role } = call.body;
        if (role !== "admin") {
          await requireAnotherAdmin(trx, user);
          await removeLinksMadeBy(trx, user.id);
        }
        return { role };
      }),

    "users.enable": (call) =>
      changeUser(call, "users.enable", () => ({ status: "enabled" }), ["disabled"]),

    "users.disable": (call) =>
      changeUser(call, "users.disable", async (user, trx, now, change) => {
        await requireAnotherAdmin(trx, user);
        await endSessionsOfUser(trx, { userId: user.id, at: now });
        await removeAllLinks(trx, user.id);
        await suspendTokens(change, user.id, now);
        return { status: "disabled" };
      }),

    "users.delete": async (call) => {
      await changeUser(
        call,
        "users.delete",
        async (user, trx, now) => {
          await requireAnotherAdmin(trx, user);
          await endSessionsOfUser(trx, { userId: user.id, at: now });
          await removeAllLinks(trx, user.id);
          return { status: "deleted", deleted_at: now };
        },
        ["enabled", "disabled"],
      );
    },
  };

  /** Like registering, asking for a name tells whether it is taken; administrators see all names anyway. */
  function requireNameChangesLeft(call: NameCall): void {
    for (const key of nameChangeKeys(call)) requireRate(load.rates.registrations, key);
  }

  function countNameChange(call: NameCall): void {
    for (const key of nameChangeKeys(call)) load.rates.registrations.count(key);
  }

  function nameChangeKeys({ principal, request }: NameCall): readonly string[] {
    return principal.isAdmin ? [] : [`user:${principal.userId}`, networkOf(addressOf(request))];
  }
}

interface NameCall {
  readonly principal: SessionPrincipal;
  readonly request: FastifyRequest;
}

function requireSearchWords(words: Readonly<Record<string, string | undefined>>): void {
  if (Object.values(words).every((word) => word === undefined || word === "")) {
    throw new AppError("invalid_query", "Give username, first_name, last_name, email or id");
  }
  for (const [field, word = ""] of Object.entries(words)) {
    if (word === "") continue;
    if (field === "id") {
      if (wholeId.test(word.trim())) continue;
      throw new AppError("invalid_query", "id: must be a whole id", { field });
    }
    if (field === "email") {
      if (wholeEmail.test(word.trim())) continue;
      throw new AppError("invalid_query", "email: must be a whole email address", { field });
    }
    if ([...wordsOf(word)].length >= minimumSearchLength) continue;
    const message = `${field}: must have at least ${minimumSearchLength} characters`;
    throw new AppError("invalid_query", message, { field });
  }
}

/** RFC 3339 → integer milliseconds since the epoch. */
function readInstant(text: string | undefined, field: string): number | undefined {
  if (text === undefined || text === "") return undefined;
  const at = readWireTime(text);
  if (at !== null) return at;
  const message = `${field}: must be an RFC 3339 time, like 2026-01-02T03:04:05Z`;
  throw new AppError("invalid_query", message, { field });
}
