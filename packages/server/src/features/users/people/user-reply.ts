import { type userReply, wireTime } from "@tessera/contract";
import type { z } from "zod";
import type { TokenTotals } from "./user-list-store.ts";
import type { StoredUser } from "./user-store.ts";

export type UserReply = z.output<typeof userReply>;

/** All of a user but the password: for the user and for administrators. */
export function toFullReply(user: StoredUser, viewerId: string | undefined): UserReply {
  return {
    ...toListReply(user),
    private_metadata: JSON.parse(user.private_metadata),
    ...(viewerId === user.id ? { password_is_initial: user.password_is_initial === 1 } : {}),
  };
}

/** As administrators see users in a list. */
export function toListReply(user: StoredUser): UserReply {
  return {
    ...toSearchReply(user),
    email: user.email,
    tags: [...user.tags],
    profile_picture: user.profile_picture,
    status: user.status,
    role: user.role,
    auth_provider: user.auth_provider,
    ...(user.updated_by === null ? {} : { updated_by: user.updated_by }),
    verified_at: wireTime(user.verified_at),
  };
}

/** What an administrator is told in a list of a user's personal access tokens. */
export function toTokenReply(tokens: TokenTotals | undefined): Pick<UserReply, "tokens"> {
  const lastUsedAt = wireTime(tokens?.lastUsedAt ?? null);
  return { tokens: { count: tokens?.count ?? 0, last_used_at: lastUsedAt } };
}

/** As any user finds others. */
export function toSearchReply(user: StoredUser): UserReply {
  return {
    ...toPublicReply(user),
    created_at: wireTime(user.created_at),
    updated_at: wireTime(user.updated_at),
  };
}

/** As any user sees another. */
export function toPublicReply(user: StoredUser): UserReply {
  return {
    id: user.id,
    first_name: user.first_name,
    last_name: user.last_name,
    metadata: JSON.parse(user.metadata),
    credentials: { username: user.username },
  };
}
