import { type RawBuilder, sql } from "kysely";
import { mintToken } from "../features/tokens/lifecycle/token-secret.ts";
import type { Database, Trx } from "../store/database.ts";
import type { SeededDomain } from "./seed-domain.ts";

export interface TokenSeed {
  readonly tokens: number;
  /** Of each token, on a client each. */
  readonly scopes: number;
  /** How many of the domain's clients they are spread over, from the first on. */
  readonly clients: number;
  /** How many of the tokens can be used: their secrets are told, and they are spread over all of them. */
  readonly told: number;
}

/** A token that can be used. */
export interface ToldToken {
  readonly id: string;
  readonly secret: string;
  /** The clients that it may view. */
  readonly clientIds: readonly string[];
}

type MintDeps = Parameters<typeof mintToken>[1];

const tokensPerOwner = 1000;
/** In one transaction, which is all that is held at a time. */
const tokensAtOnce = 2_000;
const startedAt = Date.UTC(2026, 0, 2);
const expiresAt = Date.UTC(2126, 0, 2);

/**
 * Fills the database with tokens of many owners, who may view every client of a seeded domain; returns those that were
 * to be told. Nothing in it is held for each token but for those. `onProgress` hears how many there are so far.
 */
export async function seedTokens(
  { database, ...minting }: MintDeps & { readonly database: Database },
  domain: SeededDomain,
  sizes: TokenSeed,
  onProgress: (tokens: number) => void = () => {},
): Promise<readonly ToldToken[]> {
  if (sizes.scopes > sizes.clients) throw new RangeError("a token's scopes need a client each");
  const seed = createSeeder(database, domain.domainId, sizes);
  const told: ToldToken[] = [];
  await inBulk(database, (trx) => seed.owners(trx));
  for (let start = 0; start < sizes.tokens; start += tokensAtOnce) {
    const end = Math.min(start + tokensAtOnce, sizes.tokens);
    const numbers = toldBetween(start, end, sizes);
    const minted = numbers.map((number) => {
      const { text, digest, keyVersion } = mintToken(seed.tokenId(number), minting);
      return { number, text, digest, keyVersion };
    });
    await inBulk(database, async (trx) => {
      await seed.tokens(trx, start, end);
      await seed.rights(trx, start, end);
      await seed.secrets(trx, start, end, numbers.map(seed.tokenId));
      for (const { number, digest, keyVersion } of minted) {
        await trx
          .insertInto("token_secrets")
          .values({ ...secretOf(seed.tokenId(number)), digest, key_version: keyVersion })
          .execute();
      }
      await seed.scopes(trx, start, end);
    });
    for (const { number, text } of minted) {
      const clientIds = seed.clientsOf(number).map(domain.idOf);
      told.push({ id: seed.tokenId(number), secret: text, clientIds });
    }
    onProgress(end);
  }
  // SQLite is not told of sizes in production either.
  if (database.dialect === "postgres") {
    await database.inTransaction((trx) =>
      sql`analyze tokens, token_secrets, token_scopes`.execute(trx),
    );
  }
  return told;
}

function secretOf(tokenId: string) {
  return {
    token_id: tokenId,
    id: tokenId,
    state: "live",
    slot: 1,
    created_at: startedAt,
    expires_at: expiresAt,
  } as const;
}

/** Which of these tokens are told, so that they are spread evenly. */
function toldBetween(start: number, end: number, { tokens, told }: TokenSeed): number[] {
  const isTold = (number: number) => (number * told) % tokens < told;
  return Array.from({ length: end - start }, (_, index) => start + index).filter(isTold);
}

async function inBulk(database: Database, work: (trx: Trx) => Promise<unknown>): Promise<void> {
  await database.inTransaction(async (trx) => {
    // The rows are right by construction; checking each reference would take most of the time.
    if (database.dialect === "postgres")
      await sql`set local session_replication_role = replica`.execute(trx);
    await work(trx);
  });
}

/** Multiplied by it (mod 2^32) numbers are spread as if at random: Knuth, TAOCP 3, section 6.4. */
const spread = 2_654_435_761;

function createSeeder({ dialect }: Database, domainId: string, sizes: TokenSeed) {
  const isSqlite = dialect === "sqlite";
  const hex = (value: RawBuilder<unknown>, digits: number) =>
    isSqlite
      ? sql`printf(${sql.lit(`%0${digits}x`)}, ${value})`
      : sql`lpad(to_hex(${value}), ${sql.lit(digits)}, '0')`;
  // In their order, by which filling takes a tenth of the time; those that are told are spread over all pages.
  const id = (number: RawBuilder<unknown>) =>
    sql`${sql.lit(domainId.slice(0, 24))} || ${hex(number, 12)}`;
  const range = (name: string, start: number, end: number) => {
    const [table, first, last] = [sql.raw(name), sql.lit(start), sql.lit(end - 1)];
    return isSqlite
      ? sql`(with recursive series(${table}) as (select ${first} union all select ${table} + 1 from series where ${table} < ${last}) select ${table} from series)`
      : sql`generate_series(cast(${first} as bigint), ${last}) as numbers_${table}(${table})`;
  };
  const n = sql`n`;
  const [domain, at] = [sql.lit(domainId), sql.lit(startedAt)];
  const ownerId = (number: RawBuilder<unknown>) =>
    sql`${sql.lit(`owner-${domainId}-`)} || ${hex(number, 12)}`;
  const perToken = sql.lit(sizes.scopes);
  const firstClient = sql`(n * ${sql.lit(spread)}) % 4294967296`;
  const clientNumber = sql`(${firstClient} + s) % ${sql.lit(sizes.clients)}`;

  return {
    tokenId: (number: number) => domainId.slice(0, 24) + number.toString(16).padStart(12, "0"),
    /** Numbers of the clients that a token may view. */
    clientsOf: (number: number) => {
      const first = (number * spread) % 4_294_967_296;
      return Array.from({ length: sizes.scopes }, (_, index) => (first + index) % sizes.clients);
    },

    owners: async (trx: Trx) => {
      const owners = range("n", 0, Math.ceil(sizes.tokens / tokensPerOwner));
      await sql`insert into users (id, username, username_key, email, email_key, password_hash, created_at)
        select ${ownerId(n)}, ${ownerId(n)}, ${ownerId(n)}, ${ownerId(n)}, ${ownerId(n)}, '', ${at}
        from ${owners}`.execute(trx);
      const role = sql.lit(`domain_token_owners_${domainId}`);
      await sql`insert into roles (id, domain_id, entity_type, entity_id, name, created_at)
        values (${role}, ${domain}, 'domains', ${domain}, 'token owners', ${at})`.execute(trx);
      await sql`insert into role_actions (role_id, action)
        values (${role}, 'read'), (${role}, 'client_read')`.execute(trx);
      await sql`insert into role_members (role_id, user_id, domain_id, entity_type, entity_id, created_at)
        select ${role}, ${ownerId(n)}, ${domain}, 'domains', ${domain}, ${at} from ${owners}`.execute(
        trx,
      );
    },

    tokens: (trx: Trx, start: number, end: number) =>
      sql`insert into tokens (id, user_id, name, name_key, issued_at, expires_at, lifetime)
        select ${id(n)}, ${ownerId(sql`(n / ${sql.lit(tokensPerOwner)})`)}, 'token ' || n, 'token ' || n,
          ${at}, ${sql.lit(expiresAt)}, ${sql.lit(expiresAt - startedAt)}
        from ${range("n", start, end)}`.execute(trx),

    rights: (trx: Trx, start: number, end: number) =>
      sql`insert into token_rights (token_id) select ${id(n)} from ${range("n", start, end)}`.execute(
        trx,
      ),

    /** With digests that no token has; not of those that are told. */
    secrets: (trx: Trx, start: number, end: number, told: readonly string[]) =>
      sql`insert into token_secrets (token_id, id, digest, key_version, state, slot, created_at, expires_at)
        select ${id(n)}, ${id(n)}, ${hex(n, 64)}, 'seed', 'live', 1, ${at}, ${sql.lit(expiresAt)}
        from ${range("n", start, end)} ${
          told.length === 0 ? sql`` : sql`where ${id(n)} not in (${sql.join(told)})`
        }`.execute(trx),

    scopes: (trx: Trx, start: number, end: number) =>
      sql`insert into token_scopes (id, token_id, domain_id, entity_type, entity_id, operation, created_at)
        select ${id(sql`(n * ${perToken} + s)`)}, ${id(n)}, ${domain}, 'clients',
          '00000000-0000-4000-8000-' || ${hex(clientNumber, 12)}, 'view', ${at}
        from ${range("n", start, end)} cross join ${range("s", 0, sizes.scopes)}`.execute(trx),
  };
}
