import type { Endpoint } from "@tessera/contract";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import {
  attackedOn,
  everyEndpoint,
  type Prepared,
  prepare,
  send,
} from "../testing/attack-stage.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { buildWorld } from "../testing/operation-world.ts";
import { isOnTurn } from "../testing/soak.ts";
import { mailSettings, startApp, type TestApp } from "../testing/start-app.ts";

/** Stands in every member that is a text; nothing that is stored may hold it afterwards. */
const marker = "planted-0d1f";
const plantedTime = 4_102_444_800_123;

/** What would be worth having, in the words of requests, replies and code. */
const wishes = {
  role: "admin",
  is_admin: true,
  isAdmin: true,
  admin: true,
  permissions: ["admin"],
  actions: ["delete"],
  scopes: [{ entity_type: "*", operation: "*", domain_id: "*", entity_id: "*" }],
  verified_at: "2020-01-01T00:00:00Z",
  self_rotate: true,
} as const;

const withBody = everyEndpoint.filter(({ body }) => body !== undefined);

onEveryDatabase("members that a request may not set", (kind) => {
  let testApp: TestApp;
  let columns: readonly Column[];

  beforeAll(async () => {
    testApp = await startApp(kind, { environment: mailSettings });
    columns = await columnsOf(testApp);
    expect(columns.length).toBeGreaterThan(100);
  });
  const seen: number[] = [];
  afterAll(() => testApp.close());

  test.each(attackedOn(kind, withBody, 3).map((endpoint) => [endpoint.id, endpoint] as const))(
    "are set by nothing that is sent to %s",
    async (_, endpoint) => {
      const parts = inParts(membersFor(endpoint, columns));
      for (const members of parts.filter((_, index) => isOnTurn(index, parts.length))) {
        const world = await buildWorld(testApp);
        const request = await prepare(endpoint, world, testApp);
        const adminsBefore = await countAdmins(testApp);
        const answer = await send(withMore(request, members));
        expect(answer.status, answer.failure).toBeLessThan(500);
        seen.push(answer.status);
        expect(JSON.stringify(answer.body ?? "")).not.toContain(marker);
        expect(await findPlanted(testApp, columns)).toEqual([]);
        const made = endpoint.id === "users.update_role" ? 1 : 0;
        expect(await countAdmins(testApp)).toBe(adminsBefore + made);
      }
    },
  );

  test("were sent to much that did what it was asked to do besides", () => {
    expect(seen.filter((status) => status < 300).length).toBeGreaterThan(seen.length / 2);
  });
});

/** Every name of a column and every wish, but what the endpoint itself reads. */
function membersFor({ body }: Endpoint, columns: readonly Column[]): object {
  const read = body === undefined ? "" : JSON.stringify(z.toJSONSchema(body, { io: "input" }));
  const isRead = (name: string) => read.toLowerCase().includes(`"${name.toLowerCase()}"`);
  const values = columns.flatMap(({ column }): readonly (readonly [string, unknown])[] => {
    const value = column.endsWith("_at") ? plantedTime : marker;
    return [
      [column, value],
      [column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), value],
    ];
  });
  return Object.fromEntries(
    [...values, ...Object.entries(wishes)].filter(([name]) => !isRead(name)),
  );
}

/** No body may have more members that nobody knows. */
function inParts(members: object): readonly object[] {
  const all = Object.entries(members);
  const parts: object[] = [];
  for (let first = 0; first < all.length; first += 90) {
    parts.push(Object.fromEntries(all.slice(first, first + 90)));
  }
  return parts;
}

function withMore(request: Prepared, members: object): Prepared {
  const { body } = request;
  const more = (value: unknown) =>
    typeof value === "object" && value !== null ? { ...value, ...members } : value;
  return { ...request, body: Array.isArray(body) ? body.map(more) : more(body) };
}

interface Column {
  readonly table: string;
  readonly column: string;
}

async function columnsOf({ deps }: TestApp): Promise<readonly Column[]> {
  const tables = await deps.database.read.introspection.getTables();
  return tables.flatMap(({ name: table, columns }) =>
    columns.map(({ name: column }) => ({ table, column })),
  );
}

/** Where something that was planted is stored. */
async function findPlanted(
  { deps }: TestApp,
  columns: readonly Column[],
): Promise<readonly string[]> {
  const looks = columns.map(
    ({ table, column }) => sql`
      select ${sql.lit(`${table}.${column}`)} as place from ${sql.table(table)}
      where cast(${sql.ref(column)} as text) like ${sql.lit(`%${marker}%`)}
        or cast(${sql.ref(column)} as text) = ${sql.lit(String(plantedTime))}`,
  );
  const places: string[] = [];
  // SQLite joins no more than so many selections in one.
  for (let first = 0; first < looks.length; first += 200) {
    const some = sql.join(looks.slice(first, first + 200), sql` union all `);
    const { rows } = await sql<{ place: string }>`${some}`.execute(deps.database.read);
    places.push(...rows.map(({ place }) => place));
  }
  return places;
}

async function countAdmins({ deps }: TestApp): Promise<number> {
  const admins = deps.database.read.selectFrom("users").where("role", "=", "admin").select("id");
  return (await admins.execute()).length;
}
