import { allEntities, maximumCount } from "@tessera/contract";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Database } from "../../../store/database.ts";
import type { Row } from "../../../store/schema.ts";
import { isActive } from "../scopes/tokens-on-object-store.ts";

type Lists = Pick<Database, "lists" | "inTime">;

interface DomainAsked {
  readonly domainId: string;
  /** Milliseconds since the epoch, like all times here. */
  readonly now: number;
}

/** What of a domain's tokens an overview picks out. */
export type TokensShown = "all" | "never_used" | "unused_scopes" | "all_objects";

/** A token that works, by its scopes in one domain. */
export interface TokenInDomain {
  readonly id: string;
  readonly user_id: string;
  readonly scopes: number;
  /** Scopes that were never used. */
  readonly unused: number;
  readonly last_used_at: number | null;
  readonly since: number;
}

const filters: Readonly<Record<TokensShown, RawBuilder<SqlBool>>> = {
  all: sql`1 = 1`,
  never_used: sql`r.last_used_at is null`,
  unused_scopes: sql`r.unused > 0`,
  all_objects: sql`r.wide > 0`,
};

/** Of one member so many are looked at, the newest: else one alone could make it take for ever to look. */
const tokensOfMember = 20;

/** How many tokens of members reach into the domain by their scopes, and how many of each kind. */
export async function countTokensInDomain(
  database: Lists,
  asked: DomainAsked,
): Promise<Readonly<Record<TokensShown, number>>> {
  const counts = Object.entries(filters).map(
    ([name, filter]) => sql`count(case when ${filter} then 1 end) as ${sql.ref(name)}`,
  );
  const { rows } = await sql<Record<TokensShown, number>>`
    select ${sql.join(counts)} from (${tokensInDomain(database, asked)}) r`.execute(database.lists);
  return rows[0] ?? { all: 0, never_used: 0, unused_scopes: 0, all_objects: 0 };
}

/** A page of them, the longest unused first. */
export async function listTokensInDomain(
  database: Lists,
  asked: DomainAsked,
  page: { readonly show: TokensShown; readonly offset: number; readonly limit: number },
): Promise<readonly TokenInDomain[]> {
  const { rows } = await sql<TokenInDomain>`
    select * from (${tokensInDomain(database, asked)}) r where ${filters[page.show]}
    order by coalesce(r.last_used_at, 0), r.since, r.id
    limit ${page.limit} offset ${page.offset}`.execute(database.lists);
  return rows;
}

/** Members with more tokens than are looked at, and how many they have; those with most first. */
export async function listMembersWithMore(
  database: Lists,
  asked: DomainAsked,
): Promise<readonly { readonly user_id: string; readonly tokens: number }[]> {
  const { rows } = await sql<{ readonly user_id: string; readonly tokens: number }>`
    select n.user_id, count(*) as tokens from (${newestTokens(database, asked)}) n
    group by n.user_id having count(*) > ${tokensOfMember}
    order by count(*) desc, n.user_id limit ${maximumCount.pageItems}`.execute(database.lists);
  return rows;
}

/** With their scopes in the domain; a token may have a thousand. */
function tokensInDomain(database: Lists, asked: DomainAsked): RawBuilder<unknown> {
  return sql`
    select n.id, n.user_id, count(*) as scopes, count(*) - count(s.last_used_at) as unused,
      count(case when s.entity_id = ${allEntities} then 1 end) as wide,
      max(s.last_used_at) as last_used_at, min(s.created_at) as since
    from (${newestTokens(database, asked)}) n cross join token_scopes s
    where n.place <= ${tokensOfMember} and s.token_id = n.id and s.domain_id = ${asked.domainId}
      and ${database.inTime(sql.ref("s.id"))}
    group by n.id, n.user_id`;
}

/**
 * Tokens of the domain's members that work and reach into it, the newest of each member first. Anybody can name a domain
 * in a scope: what is looked through is what members have, and nothing of strangers. SQLite takes `cross join` for the
 * order in which to look.
 */
function newestTokens(database: Lists, { domainId, now }: DomainAsked): RawBuilder<unknown> {
  return sql`
    select t.id, t.user_id,
      row_number() over (partition by t.user_id order by t.issued_at desc, t.id) as place
    from role_members m cross join roles x cross join tokens t
    where m.domain_id = ${domainId} and m.entity_type = 'domains' and m.entity_id = ${domainId}
      and x.id = m.role_id
      and (x.has_all_actions = 1 or exists (select 1 from role_actions a where a.role_id = x.id))
      and t.user_id = m.user_id and ${isActive(now)} and ${database.inTime(sql.ref("t.id"))}
      and exists (select 1 from token_scopes s where s.token_id = t.id and s.domain_id = ${domainId})`;
}

type ScopeRow = Pick<
  Row<"token_scopes">,
  "token_id" | "entity_type" | "entity_id" | "operation" | "created_at" | "last_used_at"
>;

/** The tokens' scopes in the domain, so many of each; those never used first. */
export async function readScopesInDomain(
  database: Lists,
  domainId: string,
  tokenIds: readonly string[],
  mostOfEach: number,
): Promise<readonly ScopeRow[]> {
  if (tokenIds.length === 0) return [];
  const { rows } = await sql<ScopeRow>`
    select token_id, entity_type, entity_id, operation, created_at, last_used_at from (
      select s.*, row_number() over (
        partition by s.token_id
        order by coalesce(s.last_used_at, 0), s.entity_type, s.operation, s.entity_id
      ) as place
      from token_scopes s
      where s.token_id in (${sql.join(tokenIds)}) and s.domain_id = ${domainId}
        and ${database.inTime(sql.ref("s.id"))}
    ) p where place <= ${mostOfEach} order by token_id, place`.execute(database.lists);
  return rows;
}

interface ObjectsUsed {
  readonly token_id: string;
  /** `<entity type>.<operation>` */
  readonly operation: string;
  readonly objects: number;
}

/** On how many objects of the domain each of the tokens did what, from that UTC day on. */
export async function countObjectsUsed(
  database: Lists,
  domainId: string,
  tokenIds: readonly string[],
  firstDay: string,
): Promise<readonly ObjectsUsed[]> {
  if (tokenIds.length === 0) return [];
  const { rows } = await sql<ObjectsUsed>`
    select u.token_id, u.operation, count(distinct u.entity_id) as objects from token_use u
    where u.token_id in (${sql.join(tokenIds)}) and u.domain_id = ${domainId}
      and u.day >= ${firstDay} and u.allowed > 0 and ${database.inTime(sql.ref("u.operation"))}
    group by u.token_id, u.operation`.execute(database.lists);
  return rows;
}
