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
import type { Principal } from "../../access/principal.ts";
import { chainOf, refusalChainOf } from "../../changes/audit-chain.ts";
import type { Deps } from "../../deps.ts";
import type { Call, Handlers } from "../../http/endpoint-handlers.ts";
import { createOneByOne, mapInTurns } from "../../http/in-turns.ts";
import { createShare } from "../../http/share.ts";
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
type AuditCall = Pick<Call<(typeof auditEndpoints)[0]>, "query" | "reply" | "inTurns"> & {
  readonly actor: Actor<Principal>;
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
  const { database, hub, keys, clock } = deps;
  // What is read for them is in memory while it is written, however many ask; one token leaves its owner the other.
  const exports = createShare({ name: "exports", perMinute: 60, atOnce: 2 }, clock);
  const oneByOne = createOneByOne();
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

    "audit.list": (call) => {
      const { domain } = call.query;
      return read(call, { domainId: domain === "none" ? null : domain });
    },

    "audit.list_of_domain": (call) => {
      const { domainId } = call.params;
      return read(call, { domainId, chains: [chainOf(domainId), refusalChainOf(domainId)] });
    },

    "audit.list_of_tokens": (call) =>
      read(
        { ...call, query: { ...call.query, domain: undefined, actor: undefined } },
        { ownerOfTokens: call.principal.userId, showsTokenNames: true },
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
    const { records, hasMore } = await listRecords(database, filter, { after, limit: query.limit });
    const last = hasMore ? records.at(-1) : undefined;
    return {
      records: await mapInTurns(records, (row) =>
        toAuditRecord(row, wanted.showsTokenNames === true),
      ),
      ...(last === undefined ? {} : { next: placeText(last) }),
    };
  }

  async function exportAll(call: AuditCall, wanted: Wanted): Promise<Readable> {
    const { userId: id, ...principal } = call.actor.principal;
    const tokenId = principal.kind === "token" ? principal.tokenId : undefined;
    const end = exports.begin({ id, tokenId });
    try {
      const stream = Readable.from(inContext(await beginExport(call, wanted)), {
        objectMode: false,
      });
      return stream.once("close", end);
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Records that it begins, and returns its text, some at a time. */
  async function beginExport(
    { query, reply, actor, inTurns }: AuditCall,
    { chains, showsTokenNames: _, ...filter }: Wanted,
  ): Promise<AsyncGenerator<string>> {
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
    return texts();

    async function* texts(): AsyncGenerator<string> {
      if (head !== "") yield head;
      for await (const rows of streamRecords(database, filter, chains)) {
        // However long it takes: what its reader may see no more ends it.
        await database.inTransaction((trx) => actor.decideAgain(trx));
        const lines: string[] = [];
        // Side by side, the turns of many exports would leave nobody else one.
        await oneByOne(() => inTurns(rows, (row) => void lines.push(`${line(row)}\n`)));
        yield lines.join("");
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
