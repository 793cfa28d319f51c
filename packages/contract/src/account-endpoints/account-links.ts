import { z } from "zod";
import { maximumLength } from "../limits.ts";
import { endpoint } from "../operation.ts";
import { time } from "../wire.ts";
import { email, password } from "./users.ts";

/** Of each network: whoever is known nowhere sets mails and hashing in motion. */
const anonymous = { kind: "anonymous_limited", perMinute: 30 } as const;

const linkToken = z.string().min(1, { error: "must not be empty" }).max(maximumLength.wholeToken);

/** Proving an email address, and a new password for who has forgotten it, by links that work once. */
export const accountLinkEndpoints = [
  endpoint({
    id: "users.send_verification",
    method: "POST",
    path: "/users/send-verification",
    summary: "Have a link mailed to you that proves your email address",
    access: { kind: "session" },
    worksUnverified: true,
    status: 200,
  }),
  endpoint({
    id: "users.verify_email",
    method: "GET",
    path: "/verify-email",
    summary: "Verify an email address with the token of a mailed link; it works once",
    access: anonymous,
    query: z.object({ token: linkToken }),
    status: 200,
  }),
  endpoint({
    id: "users.request_password_reset",
    method: "POST",
    path: "/password/reset-request",
    summary: "Have a link mailed by which a new password is chosen; the answer tells of no account",
    access: anonymous,
    body: z.object({ email }),
    reply: z.object({ msg: z.string() }),
    status: 201,
  }),
  endpoint({
    id: "users.reset_password",
    method: "PUT",
    path: "/password/reset",
    summary: "Choose a new password, with the token of the link as bearer; ends all your sessions",
    access: anonymous,
    body: z.object({ password, confirm_password: password }),
    reply: z.object({}),
    status: 201,
  }),
  endpoint({
    id: "users.make_reset_link",
    method: "POST",
    path: "/users/:userId/reset-link",
    summary: "Make a link by which a user chooses a new password, for where no mail is sent",
    access: { kind: "admin", needsFreshPassword: true },
    reply: z.object({
      token: z.string().describe("The bearer for PUT /password/reset; works once"),
      link: z
        .string()
        .describe(
          "The page that asks for the password; without a host where this server knows none",
        ),
      expires_at: time,
    }),
    status: 201,
  }),
] as const;
