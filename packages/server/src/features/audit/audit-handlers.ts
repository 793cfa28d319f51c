import { AsyncLocalStorage } from "node:async_hooks";
import { Readable } from "node:stream";
import {
  AppError,
  type auditEndpoints,
  type auditKeyEndpoint,
  type auditPage,
  type domainOperations,
  type EndpointsOf,
  readWireTime,
} from "@tessera/contract";
import type { z } from "zod";
import type { Actor } from "../../access/actor.ts";
import { chainOf, refusalChainOf } from "../../changes/audit-chain.ts";
import type { Deps } from "../../deps.ts";
import type { Call, Handlers } from "../../http/endpoint-handlers.ts";
import { cefLine } from "./cef-lines.ts";
import { publicKeySet } from "./checkpoint-lines.ts";
import { csvHead, csvLine } from "./csv-lines.ts";
import { jsonLine } from "./json-lines.ts";
import { ocsfLine } from "./ocsf-lines.ts";
import { placeText, readPlace, toAuditRecord } from "./record-reply.ts";
import { listRecords, type RecordFilter, streamRecords } from "./record-store.ts";
import type { StoredRow } from "./verify-chains.ts";

type AuditEndpoint =
  | typeof auditKeyEndpoint
  | (typeof auditEndpoints)[number]
  | Extract<EndpointsOf<typeof domainOperations>, { readonly id: "audit.list_of_domain" }>;
type AuditCall = Pick<Call<(typeof auditEndpoints)[0]>, "query" | "reply"> & {
  readonly actor: Actor;
};
type Page = z.output<typeof auditPage>;

/** What is wanted, and where it is found. */
interface Wanted extends RecordFilter {
  /** In which chains; `undefined`: in all. */
  readonly chains?: readonly string[] | undefined;
  readonly showsTokenNames?: boolean;
}

/** The handlers of the audit trail: what was done and refused, and what proves it. */
export function auditHandlers(
  deps: Deps,
  build: { readonly version: string },
): Handlers<AuditEndpoint> {
  const { database, hub, keys } = deps;
  const formats = {
    jsonl: { type: "application/jsonl", head: "", line: jsonLine },
    ocsf: {
      type: "application/jsonl",
      head: "",
      line: (row: StoredRow) => ocsfLine(row, build),
    },
    csv: {
      type: "text/csv",
      head: `${csvHead}\r\n`,
      line: (row: StoredRow) => `${csvLine(row)}\r`,
    },
    cef: { type: "text/plain", head: "", line: (row: StoredRow) => cefLine(row, build) },
  } as const;

  return {
    "audit.keys": () => publicKeySet(keys.audit),

    "audit.list": ({ query, reply, actor }) =>
      read({ query, reply, actor }, { domainId: query.domain === "none" ? null : query.domain }),

    "audit.list_of_domain": ({ params: { domainId }, query, reply, actor }) => {
      const chains = [chainOf(domainId), refusalChainOf(domainId)];
      return read({ query, reply, actor }, { domainId, chains });
    },

    "audit.list_of_tokens": ({ query, reply, actor, principal }) =>
      read(
        { query: { ...query, domain: undefined, actor: undefined }, reply, actor },
        { ownerOfTokens: principal.userId, showsTokenNames: true },
      ),
  };

  async function read(call: AuditCall, wanted: Wanted): Promise<Page> {
    const { query } = call;
    const { actor, token, operation, object, outcome, address } = query;
    const filter: Wanted = {
      ...{ actor, token, operation, object, outcome, address },
      ...wanted,
      from: readWireTime(query.from) ?? undefined,
      to: readWireTime(query.to) ?? undefined,
    };
    // Its type says that handlers answer what is written as JSON.
    if (query.format !== "json") return (await exportAll(call, filter)) as unknown as Page;
    const after = query.after === undefined ? undefined : readPlace(query.after);
    if (query.after !== undefined && after === undefined) {
      throw new AppError("invalid_query", "after must be `next` of the page before", {
        field: "after",
      });
    }
    const { limit } = query;
    const rows = await listRecords(database, filter, { after, limit: limit + 1 });
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return {
      records: rows
        .slice(0, limit)
        .map((row) => toAuditRecord(row, wanted.showsTokenNames === true)),
      ...(last === undefined ? {} : { next: placeText(last) }),
    };
  }

  async function exportAll(
    { query, reply, actor }: AuditCall,
    { chains, showsTokenNames: _, ...filter }: Wanted,
  ): Promise<Readable> {
    if (query.format === "json") throw new RangeError("a page is no export");
    const { type, head, line } = formats[query.format];
    const { domainId } = filter;
    await hub.change(actor, async ({ record }) =>
      record({
        name: "audit.export",
        ...(typeof domainId === "string" ? { domainId } : {}),
        entityId: chainOf(domainId ?? null),
        details: { format: query.format, ...onlyGiven(filter) },
      }),
    );
    reply
      .type(`${type}; charset=utf-8`)
      .header("content-disposition", `attachment; filename="audit.${query.format}"`);
    return Readable.from(inContext(texts()), { objectMode: false });

    async function* texts(): AsyncGenerator<string> {
      if (head !== "") yield head;
      for await (const rows of streamRecords(database, filter, chains)) {
        // However long it takes: what its reader may see no more ends it.
        await database.inTransaction((trx) => actor.decideAgain(trx));
        yield rows.map((row) => `${line(row)}\n`).join("");
      }
    }
  }
}

/** What the filter says, for the record of the export. */
function onlyGiven(filter: RecordFilter): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/** Works on for whom it was begun, whoever asks for the next. */
function inContext<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  const run = AsyncLocalStorage.snapshot();
  const { next } = source;
  return Object.assign(source, {
    next: (...given: Parameters<typeof next>) => run(() => next.apply(source, given)),
  });
}
