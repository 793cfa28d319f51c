import { queryOptions } from "@tanstack/react-query";
import { type ReplyTo, type RequestOf, TesseraError } from "@tessera/sdk";
import { api, fetchAsOwner } from "./client.ts";

/** One thing that was done, or refused. */
export type AuditRecord = ReplyTo<"audit.list">["records"][number];

/** Whose records are read: a domain's, the platform's, or those of one's own tokens. */
export type AuditPlace =
  | { readonly kind: "domain"; readonly domainId: string }
  | { readonly kind: "platform" }
  | { readonly kind: "tokens" };

type AuditQuery = NonNullable<RequestOf<"audit.list">["query"]>;

/** What the records are narrowed by, and behind which one a page begins; texts as an address has them. */
type AuditFilter = { readonly [Name in keyof AuditQuery]?: string };

/** Whatever is known of audit trails. */
export const auditKey = ["audit"] as const;

/** For how long a domain's records are kept, in days. */
export const auditKeepingQuery = (domainId: string) =>
  queryOptions({
    queryKey: [...auditKey, "keeping", domainId],
    queryFn: ({ signal }) => api.audit.view_keeping({ domainId }, { signal }),
  });

export const auditFormats = ["jsonl", "csv", "ocsf", "cef"] as const;
export type AuditFormat = (typeof auditFormats)[number];

const recordsPerPage = 20;

/** A page of records, the newest first. */
export const auditRecordsQuery = (place: AuditPlace, filter: AuditFilter) =>
  queryOptions({
    queryKey: [...auditKey, place, filter],
    queryFn: ({ signal }) => readPage(place, filter, recordsPerPage, signal),
  });

function readPage(place: AuditPlace, filter: AuditFilter, limit: number, signal?: AbortSignal) {
  // What an address says wrongly the server complains of by its name.
  const query = { ...knownIn(place, filter), limit } as object;
  const options = signal === undefined ? {} : { signal };
  if (place.kind === "platform") return api.audit.list({ query }, options);
  if (place.kind === "tokens") return api.audit.list_of_tokens({ query }, options);
  return api.audit.list_of_domain({ domainId: place.domainId, query }, options);
}

/** What the server can narrow by there. */
function knownIn({ kind }: AuditPlace, { domain, actor, ...others }: AuditFilter): AuditFilter {
  return {
    ...others,
    ...(kind === "platform" && domain !== undefined ? { domain } : {}),
    ...(kind !== "tokens" && actor !== undefined ? { actor } : {}),
  };
}

function pathOf(place: AuditPlace): string {
  if (place.kind === "domain") return `/${encodeURIComponent(place.domainId)}/audit`;
  return place.kind === "platform" ? "/audit" : "/pats/audit";
}

/** All records of the filter as a file. No link: a browser that follows one is given a page, and renews no session. */
export async function exportAudit(
  place: AuditPlace,
  filter: AuditFilter,
  format: AuditFormat,
): Promise<Blob> {
  const { after: _, ...all } = knownIn(place, filter);
  // Renews the session where it has run out, and says what is wrong with the filter.
  await readPage(place, all, 1);
  try {
    const response = await fetchAsOwner(
      `${pathOf(place)}?${new URLSearchParams({ ...all, format })}`,
    );
    if (response.ok) return await response.blob();
    throw new TesseraError("unexpected_reply", `The export ended with ${response.status}`, {
      status: response.status,
    });
  } catch (cause) {
    if (cause instanceof TesseraError) throw cause;
    throw new TesseraError("unreachable", "The export was not completed", { cause });
  }
}
