import type { ScopeWire } from "@tessera/sdk";

/** A text that two equal scopes share. */
export function scopeKey(scope: ScopeWire): string {
  return [scope.domain_id, scope.entity_type, scope.entity_id, scope.operation].join(" ");
}
