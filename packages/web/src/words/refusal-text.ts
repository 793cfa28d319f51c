const reasons: Readonly<Record<string, string>> = {
  scope_missing: "because no scope covers it",
  owner_lacks_permission: "because you may not do it yourself",
  session_required: "which no token can do",
  domain_disabled: "because the domain is disabled",
  not_yet_valid: "because it was not valid yet",
  condition_time: "because it does not work at that time",
  condition_address: "because it does not work from that address",
  token_exhausted: "because no use of it was left",
  token_revoked: "because it was revoked",
  token_expired: "because it had expired",
  secret_rotated: "because its secret was replaced",
  owner_disabled: "because its owner was disabled",
  wrong_secret: "because the secret was wrong",
  session_ended: "because the session had ended",
};

/** Why something was refused, to end a sentence with; `undefined`: there are no words for it. */
export function refusalReason(because: string | undefined): string | undefined {
  return because === undefined ? undefined : reasons[because];
}

/** As scopes are written: `clients:delete`. */
export function wantedText(operation: string): string {
  return operation.replace(".", ":");
}
