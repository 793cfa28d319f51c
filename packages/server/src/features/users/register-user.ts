import { AppError, type userEndpoints } from "@tessera/contract";
import type { FastifyRequest } from "fastify";
import type { Principal } from "../../access/principal.ts";
import type { Deps } from "../../deps.ts";
import type { Authenticate } from "../../http/authenticate.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import { recordAuditEvents } from "../../store/audit-store.ts";
import { namingDuplicates } from "./change-user.ts";
import { hashPassword } from "./password-hash.ts";
import { createPasswordRule } from "./password-rule.ts";
import type { InTurn } from "./turns.ts";
import {
  emailColumns,
  firstNameColumns,
  lastNameColumns,
  usernameColumns,
} from "./user-columns.ts";
import { toFullReply } from "./user-reply.ts";
import { insertUser, replaceTags, requireUser } from "./user-store.ts";

type Register = Handlers<(typeof userEndpoints)[number]>["users.register"];

/** Registration, by anyone while that is on; only an administrator's session gives the new user a role and a status. */
export function createRegister(deps: Deps, authenticate: Authenticate, inTurn: InTurn): Register {
  const { config, hub, clock, newId } = deps;
  const requireStrongPassword = createPasswordRule(config);

  return async ({ body, request, reply, actor }) => {
    const caller = await findCaller(request);
    const isByAdmin = caller?.isAdmin === true;
    if (!config.self_registration && !isByAdmin) throw new AppError("self_registration_off");
    const { username, secret } = body.credentials;
    requireStrongPassword(secret, "credentials.secret");
    const passwordHash = await inTurn(() => hashPassword(secret));
    const id = newId();
    const user = await namingDuplicates({ username: "credentials.username", email: "email" }, () =>
      hub.change(async (trx) => {
        const now = clock();
        await insertUser(trx, {
          id,
          ...usernameColumns(username),
          ...emailColumns(body.email),
          ...firstNameColumns(body.first_name),
          ...lastNameColumns(body.last_name),
          role: isByAdmin ? body.role : "user",
          status: isByAdmin ? body.status : "enabled",
          password_hash: passwordHash,
          metadata: JSON.stringify(body.metadata),
          private_metadata: JSON.stringify(body.private_metadata),
          profile_picture: body.profile_picture,
          created_at: now,
        });
        await replaceTags(trx, id, body.tags);
        await recordAuditEvents(trx, { ...actor, principal: caller }, [
          { at: now, action: "users.register", entityType: "users", entityId: id },
        ]);
        return requireUser(trx, id);
      }),
    );
    reply.header("location", `/users/${id}`);
    return toFullReply(user, undefined);
  };

  /** Clients send a bearer that is none; whatever does not prove a session is nobody here. */
  async function findCaller(request: FastifyRequest): Promise<Principal | undefined> {
    try {
      const principal = await authenticate(request);
      return principal.kind === "session" ? principal : undefined;
    } catch (error) {
      if (error instanceof AppError) return undefined;
      throw error;
    }
  }
}
