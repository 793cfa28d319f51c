import { z } from "zod";
import { maximumCount, maximumLength, usernamePattern } from "../limits.ts";
import { endpoint } from "../operation.ts";
import { page } from "../page.ts";
import {
  displayText,
  id,
  metadata,
  metadataFilter,
  nameFilter,
  newName,
  oneOf,
  pageQuery,
  queryBoolean,
  requiredName,
  tags,
  time,
} from "../wire.ts";
import { tagFilter } from "../word-list.ts";

const wordFilter = nameFilter.describe(
  "The beginning of one of its words and what follows, at least 2 characters, in any case",
);

const username = z
  .string()
  .regex(usernamePattern, {
    error: "must be 1 to 32 letters, digits, _ or -, beginning with a letter or digit",
  })
  .refine((value) => !/__|--/.test(value), { error: "must not contain __ or --" });

export const email = z.email({ error: "must be an email address" }).max(maximumLength.email);
export const password = z.string().max(maximumLength.password).meta({ format: "password" });
const userTime = time;
const role = oneOf(["user", "admin"]);
const anyUserStatus = oneOf(["enabled", "disabled", "deleted"]);
/** Clients show it, or lead there: nothing that a browser would run. */
const pictureAddress = displayText(maximumLength.pictureAddress)
  .regex(/^(https?:\/\/[^\s/].*)?$/i, {
    error: "must be empty, or an address with http:// or https://",
  })
  .describe("An address with http:// or https://; or empty");

const openObject = z.record(z.string(), z.unknown());

/** A user as the user, or an administrator, sees them. Others get fewer members. */
export const userReply = z.object({
  id,
  first_name: z.string().optional(),
  last_name: z.string().optional(),
  email: z.string().optional(),
  credentials: z.object({ username: z.string().optional() }).optional(),
  tags: z.array(z.string()).optional(),
  metadata: openObject.optional(),
  private_metadata: openObject.optional(),
  profile_picture: z.string().optional(),
  status: anyUserStatus.optional(),
  role: role.optional(),
  auth_provider: z.string().optional(),
  password_is_initial: z
    .boolean()
    .optional()
    .describe("The password printed at first start is still in use; only to the user"),
  tokens: z
    .object({ count: z.int(), last_used_at: time.describe("Of any of them") })
    .optional()
    .describe("The personal access tokens of the user, in whatever state; only in `users.list`"),
  created_at: userTime.optional(),
  updated_at: userTime.optional(),
  updated_by: z.string().optional(),
  verified_at: userTime.optional(),
});

const usersPage = page("users", userReply);

/** Both tokens of a sign-in. */
const tokenPair = z.object({
  access_token: z.string().describe("Bearer of a session; minutes"),
  refresh_token: z.string().describe("For tokens/refresh only; replaced on every use"),
});

const signIn = z.object({
  username: z
    .string()
    .min(1, { error: "must not be empty" })
    .max(maximumLength.email)
    .describe("Username or email"),
  password: password.min(1, { error: "must not be empty" }),
  description: displayText(maximumLength.sessionDescription).default(""),
});

const userPath = "/users/:userId";
const selfOrAdmin = { kind: "self_or_admin" } as const;
const session = { kind: "session" } as const;
const admin = { kind: "admin" } as const;
const confirmedSelfOrAdmin = { ...selfOrAdmin, needsFreshPassword: true } as const;
const confirmedAdmin = { ...admin, needsFreshPassword: true } as const;
const anyone = { kind: "anyone" } as const;

/** A session as its user sees it. */
const sessionItem = z.object({
  id: z.string(),
  description: z.string(),
  created_at: time,
  expires_at: time,
  last_used_at: time,
  address: z.string(),
  user_agent: z.string(),
  current: z.boolean(),
});

export const userEndpoints = [
  endpoint({
    id: "users.register",
    method: "POST",
    path: "/users",
    summary: "Register a user",
    access: anyone,
    body: z.object({
      first_name: requiredName,
      last_name: requiredName,
      email,
      credentials: z.object({ username, secret: password }),
      tags: tags.default([]),
      metadata: metadata.default({}),
      private_metadata: metadata.default({}),
      profile_picture: pictureAddress.default(""),
      status: oneOf(["enabled", "disabled"]).default("enabled").describe("Administrators only"),
      role: role.default("user").describe("Administrators only"),
    }),
    // Both metadata at their largest, and the rest.
    maximumBodyBytes: 160 * 1024,
    reply: userReply,
    status: 201,
  }),
  endpoint({
    id: "users.list",
    method: "GET",
    path: "/users",
    summary: "List users",
    access: admin,
    query: pageQuery.extend({
      order: oneOf([
        "created_at",
        "updated_at",
        "first_name",
        "last_name",
        "username",
        "email",
      ]).default("updated_at"),
      dir: oneOf(["asc", "desc"]).default("desc"),
      status: oneOf(["enabled", "disabled", "deleted", "all"]).default("enabled"),
      metadata: metadataFilter.optional(),
      username: nameFilter.optional(),
      email: nameFilter.optional(),
      first_name: nameFilter.optional(),
      last_name: nameFilter.optional(),
      tags: tagFilter.optional(),
      id: z.string().optional(),
      only_total: queryBoolean.default(false),
      created_from: z.string().optional(),
      created_to: z.string().optional(),
    }),
    reply: usersPage,
    status: 200,
  }),
  endpoint({
    id: "users.search",
    method: "GET",
    path: "/users/search",
    summary: "Find enabled users by the words of their names, or by their whole email address",
    access: session,
    query: z.object({
      offset: z.int().min(0).default(0),
      limit: z.int().min(0).max(maximumCount.pageItems).default(10),
      username: wordFilter.optional(),
      first_name: wordFilter.optional(),
      last_name: wordFilter.optional(),
      email: nameFilter.optional().describe("The whole email address, in any case"),
      id: z.string().optional().describe("Exactly this id"),
    }),
    reply: usersPage,
    status: 200,
  }),
  endpoint({
    id: "users.profile",
    method: "GET",
    path: "/users/profile",
    summary: "View your own profile",
    access: session,
    worksUnverified: true,
    reply: userReply,
    status: 200,
  }),
  endpoint({
    id: "users.change_password",
    method: "PATCH",
    path: "/users/secret",
    summary: "Change your password; ends your other sessions",
    access: session,
    worksUnverified: true,
    checksPassword: true,
    body: z.object({ old_secret: password, new_secret: password }),
    reply: userReply,
    takesRightsAway: true,
    status: 200,
  }),
  endpoint({
    id: "users.view",
    method: "GET",
    path: userPath,
    summary: "View a user",
    access: session,
    reply: userReply,
    status: 200,
  }),
  endpoint({
    id: "users.update",
    method: "PATCH",
    path: userPath,
    summary: "Update names and metadata",
    access: selfOrAdmin,
    body: z.object({
      first_name: newName.optional(),
      last_name: newName.optional(),
      metadata: metadata.optional(),
      private_metadata: metadata.optional(),
    }),
    reply: userReply,
    status: 200,
  }),
  endpoint({
    id: "users.update_username",
    method: "PATCH",
    path: `${userPath}/username`,
    summary: "Change the username",
    access: confirmedSelfOrAdmin,
    body: z.object({ username }),
    reply: userReply,
    status: 200,
  }),
  endpoint({
    id: "users.update_tags",
    method: "PATCH",
    path: `${userPath}/tags`,
    summary: "Replace the tags",
    access: selfOrAdmin,
    body: z.object({ tags }),
    reply: userReply,
    status: 200,
  }),
  endpoint({
    id: "users.update_picture",
    method: "PATCH",
    path: `${userPath}/picture`,
    summary: "Change the profile picture's address",
    access: selfOrAdmin,
    body: z.object({ profile_picture: pictureAddress }),
    reply: userReply,
    status: 200,
  }),
  endpoint({
    id: "users.update_email",
    method: "PATCH",
    path: `${userPath}/email`,
    summary: "Change the email address",
    access: confirmedSelfOrAdmin,
    worksUnverified: true,
    body: z.object({ email }),
    reply: userReply,
    status: 200,
  }),
  endpoint({
    id: "users.update_role",
    method: "PATCH",
    path: `${userPath}/role`,
    summary: "Make a user an administrator, or no longer",
    access: confirmedAdmin,
    body: z.object({ role }),
    reply: userReply,
    takesRightsAway: true,
    status: 200,
  }),
  endpoint({
    id: "users.enable",
    method: "POST",
    path: `${userPath}/enable`,
    summary: "Enable a user",
    access: selfOrAdmin,
    reply: userReply,
    status: 200,
  }),
  endpoint({
    id: "users.disable",
    method: "POST",
    path: `${userPath}/disable`,
    summary: "Disable a user",
    access: confirmedSelfOrAdmin,
    reply: userReply,
    takesRightsAway: true,
    status: 200,
  }),
  endpoint({
    id: "users.delete",
    method: "DELETE",
    path: userPath,
    summary: "Delete a user",
    access: confirmedSelfOrAdmin,
    worksUnverified: true,
    takesRightsAway: true,
    status: 204,
  }),
] as const;

export const sessionEndpoints = [
  endpoint({
    id: "sessions.issue",
    method: "POST",
    path: "/users/tokens/issue",
    summary: "Sign in with username or email and password",
    access: anyone,
    body: signIn,
    reply: tokenPair,
    status: 201,
  }),
  endpoint({
    id: "sessions.refresh",
    method: "POST",
    path: "/users/tokens/refresh",
    summary: "Trade the refresh token, sent as bearer, for a new pair",
    access: anyone,
    reply: tokenPair,
    status: 201,
  }),
  endpoint({
    id: "sessions.confirm",
    method: "POST",
    path: "/users/tokens/confirm",
    summary: "Give your password again, for changes of the account that ask for it",
    access: session,
    worksUnverified: true,
    checksPassword: true,
    body: z.object({ password: password.min(1, { error: "must not be empty" }) }),
    status: 204,
  }),
  endpoint({
    id: "sessions.revoke",
    method: "POST",
    path: "/users/tokens/revoke",
    summary: "End one of your sessions",
    access: session,
    worksUnverified: true,
    body: z.object({ token_id: z.string().min(1, { error: "must not be empty" }) }),
    takesRightsAway: true,
    status: 204,
  }),
  endpoint({
    id: "sessions.list",
    method: "GET",
    path: "/users/tokens/refresh-tokens",
    summary: "List your sessions",
    access: session,
    worksUnverified: true,
    reply: z.object({ refresh_tokens: z.array(sessionItem) }),
    status: 200,
  }),
  endpoint({
    id: "web_session.sign_in",
    method: "POST",
    path: "/session",
    summary: "Sign in a browser: the session goes into cookies that scripts cannot read",
    access: anyone,
    body: signIn,
    reply: userReply,
    status: 201,
  }),
  endpoint({
    id: "web_session.refresh",
    method: "POST",
    path: "/session/refresh",
    summary: "Renew the browser's session from its refresh cookie",
    access: anyone,
    status: 204,
  }),
  endpoint({
    id: "web_session.sign_out",
    method: "DELETE",
    path: "/session",
    summary: "End the browser's session",
    access: anyone,
    status: 204,
  }),
] as const;
