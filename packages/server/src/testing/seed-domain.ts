import { type RawBuilder, sql } from "kysely";
import type { Database, Trx } from "../store/database.ts";
import { domainRow } from "./test-rows.ts";

export interface SeedSizes {
  readonly clients: number;
  readonly channels: number;
  readonly groups: number;
  readonly members: number;
}

/** How deep the groups of a seeded domain stand below each other: in chains of so many. */
const seededDepth = 8;

export interface SeededDomain {
  readonly domainId: string;
  /** The id of the object with that number, of any type; numbers begin with 0. */
  idOf(index: number): string;
  /** The user id of the member with that number. */
  memberIdOf(index: number): string;
}

const startedAt = Date.UTC(2026, 0, 2);

/**
 * Fills a domain of `ownerId` by statements that make many rows at once: clients and channels spread over the groups,
 * each object with two tags and with the built-in role of one of the members, who may otherwise only view the domain.
 */
export async function seedDomain(
  database: Database,
  ownerId: string,
  sizes: SeedSizes,
): Promise<SeededDomain> {
  const domain = domainRow({ created_by: ownerId });
  const memberPrefix = domain.id.slice(0, 24);
  const seed = createSeeder(database, domain.id, memberPrefix);
  await database.inTransaction(async (trx) => {
    // The rows are right by construction; checking each reference would take most of the time.
    if (database.dialect === "postgres")
      await sql`set local session_replication_role = replica`.execute(trx);
    await trx.insertInto("domains").values(domain).execute();
    await seed.members(trx, sizes.members);
    await seed.ownerRole(trx, ownerId);
    await seed.viewerRole(trx, sizes.members);
    await seed.groups(trx, sizes.groups);
    await seed.objects(trx, "clients", sizes.clients, sizes.groups);
    await seed.objects(trx, "channels", sizes.channels, sizes.groups);
    for (const type of ["groups", "clients", "channels"] as const) {
      await seed.tags(trx, type, sizes[type]);
      await seed.creatorRoles(trx, type, sizes[type], sizes.members);
    }
  });
  // SQLite is not told of sizes in production either.
  if (database.dialect === "postgres")
    await database.inTransaction((trx) => sql`analyze`.execute(trx));
  return {
    domainId: domain.id,
    idOf: (index) => `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`,
    memberIdOf: (index) => memberPrefix + index.toString(16).padStart(12, "0"),
  };
}

function createSeeder({ dialect }: Database, domainId: string, memberPrefix: string) {
  const isSqlite = dialect === "sqlite";
  const hex = (n: RawBuilder<unknown>) =>
    isSqlite ? sql`printf('%012x', ${n})` : sql`lpad(to_hex(${n}), 12, '0')`;
  const n = sql`n`;
  const numbers = (count: number) =>
    isSqlite
      ? sql`(with recursive series(n) as (select 0 union all select n + 1 from series where n + 1 < ${sql.lit(count)}) select n from series where ${sql.lit(count)} > 0) numbers`
      : sql`generate_series(0, ${sql.lit(count - 1)}) numbers(n)`;
  const objectId = (number: RawBuilder<unknown>) =>
    sql`'00000000-0000-4000-8000-' || ${hex(number)}`;
  const memberId = (number: RawBuilder<unknown>) => sql`${sql.lit(memberPrefix)} || ${hex(number)}`;
  const domain = sql.lit(domainId);
  const at = sql.lit(startedAt);

  return {
    members: (trx: Trx, count: number) =>
      sql`insert into users (id, username, username_key, email, email_key, password_hash, created_at)
        select ${memberId(n)}, ${memberId(n)}, ${memberId(n)}, ${memberId(n)}, ${memberId(n)}, '', ${at}
        from ${numbers(count)}`.execute(trx),

    ownerRole: async (trx: Trx, ownerId: string) => {
      const id = `domain_owner_${domainId}`;
      await sql`insert into roles (id, domain_id, entity_type, entity_id, name, has_all_actions, created_at)
        values (${id}, ${domain}, 'domains', ${domain}, 'admin', 1, ${at})`.execute(trx);
      await sql`insert into role_members (role_id, user_id, domain_id, entity_type, entity_id, created_at)
        values (${id}, ${ownerId}, ${domain}, 'domains', ${domain}, ${at})`.execute(trx);
    },

    viewerRole: async (trx: Trx, memberCount: number) => {
      const id = `domain_viewer_${domainId}`;
      await sql`insert into roles (id, domain_id, entity_type, entity_id, name, created_at)
        values (${id}, ${domain}, 'domains', ${domain}, 'viewer', ${at})`.execute(trx);
      await sql`insert into role_actions (role_id, action) values (${id}, 'read')`.execute(trx);
      await sql`insert into role_members (role_id, user_id, domain_id, entity_type, entity_id, created_at)
        select ${sql.lit(id)}, ${memberId(n)}, ${domain}, 'domains', ${domain}, ${at}
        from ${numbers(memberCount)}`.execute(trx);
    },

    groups: async (trx: Trx, count: number) => {
      const depth = sql.lit(seededDepth);
      await sql`insert into entities (domain_id, type, id, name, name_key, parent_id, created_at, touched_at)
        select ${domain}, 'groups', ${objectId(n)}, 'group ' || n, 'group ' || n,
          case when n % ${depth} = 0 then null else ${objectId(sql`(n - 1)`)} end, ${at} + n, ${at} + n
        from ${numbers(count)}`.execute(trx);
      await sql`insert into group_details (domain_id, id)
        select ${domain}, ${objectId(n)} from ${numbers(count)}`.execute(trx);
      for (let above = 0; above < seededDepth; above += 1) {
        const steps = sql.lit(above);
        await sql`insert into group_ancestry (domain_id, descendant_id, ancestor_id, depth)
          select ${domain}, ${objectId(n)}, ${objectId(sql`(n - ${steps})`)}, ${steps}
          from ${numbers(count)} where n % ${depth} >= ${steps}`.execute(trx);
      }
    },

    objects: async (trx: Trx, type: "clients" | "channels", count: number, groupCount: number) => {
      const name = sql`${sql.lit(`${type.slice(0, -1)} `)} || n`;
      await sql`insert into entities (domain_id, type, id, name, name_key, metadata, parent_id, created_at, touched_at)
        select ${domain}, ${sql.lit(type)}, ${objectId(n)}, ${name}, ${name},
          '{"site":"site-' || (n % 100) || '"}', ${objectId(sql`(n % ${sql.lit(groupCount)})`)}, ${at} + n, ${at} + n
        from ${numbers(count)}`.execute(trx);
      if (type === "channels") {
        await sql`insert into channel_details (domain_id, id)
          select ${domain}, ${objectId(n)} from ${numbers(count)}`.execute(trx);
      } else {
        await sql`insert into client_details (domain_id, id, identity, secret_digest, secret_key_version)
          select ${domain}, ${objectId(n)}, 'identity-' || n, 'digest-' || n, 'seed'
          from ${numbers(count)}`.execute(trx);
      }
    },

    tags: async (trx: Trx, type: string, count: number) => {
      for (const share of [100, 10]) {
        await sql`insert into entity_tags (domain_id, type, tag, entity_id)
          select ${domain}, ${sql.lit(type)}, ${sql.lit(`one-in-${share}-`)} || (n % ${sql.lit(share)}), ${objectId(n)}
          from ${numbers(count)}`.execute(trx);
      }
    },

    creatorRoles: async (trx: Trx, type: string, count: number, memberCount: number) => {
      const roleId = sql`${sql.lit(`${type}_${domainId}_`)} || n`;
      await sql`insert into roles (id, domain_id, entity_type, entity_id, name, has_all_actions, created_at)
        select ${roleId}, ${domain}, ${sql.lit(type)}, ${objectId(n)}, 'admin', 1, ${at}
        from ${numbers(count)}`.execute(trx);
      await sql`insert into role_members (role_id, user_id, domain_id, entity_type, entity_id, created_at)
        select ${roleId}, ${memberId(sql`(n % ${sql.lit(memberCount)})`)}, ${domain}, ${sql.lit(type)}, ${objectId(n)}, ${at}
        from ${numbers(count)}`.execute(trx);
    },
  };
}
