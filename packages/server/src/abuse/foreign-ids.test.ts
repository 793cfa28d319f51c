import { randomUUID } from "node:crypto";
import { isOpen } from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Answered,
  type AttackStage,
  type Attempt,
  attackedOn,
  everyEndpoint,
  mightyToken,
  openAttackStage,
  type Prepared,
  prepareAll,
  send,
} from "../testing/attack-stage.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { buildWorld, type World } from "../testing/operation-world.ts";
import type { Caller } from "../testing/start-app.ts";

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
const wholeUuid = new RegExp(`^${uuid.source}$`);
const everyUuid = new RegExp(uuid.source, "g");
const inPath = new RegExp(`(?<=[/=])${uuid.source}`, "g");

/** Where ids of anybody may stand, and why that is no way to them. */
const mayNameAnybody: readonly (readonly [endpoints: RegExp, place: RegExp, because: string])[] = [
  [/^users\.view$/, /^path/, "everybody who has signed in sees the name of whose id they know"],
  [/^domains\.roles\.add/, /members/, "an administrator gives a role to anybody who is not asked"],
  [/^invitations\.send$/, /invitee/, "anybody may be invited"],
  [/\.roles\.(add|add_members)$/, /members/, "the error tells only whether a user is one"],
  [/\.roles\.(remove|move)_members/, /member/, "whoever is not in a role is out of it already"],
  [/^tokens\.(create|add_scopes)$/, /scopes/, "a scope opens what its owner may do, and no more"],
];

/** What refuses nobody, because its answer says nothing of what is there. */
const answersAnybody: readonly (readonly [endpoints: RegExp, because: string])[] = [
  [/^sessions\.revoke$/, "a session of nobody has ended"],
  [/^channels\.disconnect/, "what is not connected is disconnected already"],
  [/\.available_actions$/, "the actions of a type are the same everywhere"],
  [/^(tokens\.explain_draft|service\.authorize)$/, "the answer to what one may not do is no"],
];

onEveryDatabase("the ids of somebody else", (kind) => {
  const tried = attackedOn(
    kind,
    everyEndpoint.filter(({ access }) => !isOpen(access)),
  );
  let stage: AttackStage;
  let attacker: World;
  let token: Caller;
  const unknownDomainId = randomUUID();
  let foreignNames: readonly string[];
  const own = new Map<string, Prepared>();
  const foreign = new Map<string, Prepared>();

  beforeAll(async () => {
    stage = await openAttackStage(kind);
    const { testApp, world: victim } = stage;
    attacker = await buildWorld(testApp);
    token = await mightyToken(stage, attacker.owner, [
      attacker.domainId,
      victim.domainId,
      unknownDomainId,
    ]);
    for (const one of await prepareAll(tried, victim, testApp)) foreign.set(one.endpoint.id, one);
    for (const one of await prepareAll(tried, attacker, testApp)) own.set(one.endpoint.id, one);
    foreignNames = await namesIn(stage, victim.domainId);
  });
  afterAll(() => stage.testApp.close());

  test.each(tried.map((endpoint) => [endpoint.id, endpoint] as const))(
    "%s: are refused alone and beside one's own, to session and token, as if nothing had them",
    async (id, endpoint) => {
      const [mine, theirs] = [own.get(id), foreign.get(id)];
      if (mine === undefined || theirs === undefined) throw new Error(`${id} was not prepared`);
      const ofNothing = withoutObjects(theirs, stage.world.domainId, unknownDomainId);
      const callers = [
        ["session", attacker.owner],
        ["token", token],
      ] as const;
      const pairs = choicesOf(mine, theirs).flatMap((choice) =>
        callers.map(([name, caller]) => ({
          told: `${name}: ${choice.join(", ")}`,
          choice,
          caller,
        })),
      );
      const ask = (from: Prepared): readonly Attempt[] =>
        pairs.map(({ told, choice, caller }) => ({
          told,
          send: () => send(mix(mine, from, choice), caller),
        }));
      const answered = await stage.changeNothing(ask(theirs));
      const asOfNothing = await stage.changeNothing(ask(ofNothing));
      expect(answered.map(toText)).toEqual(asOfNothing.map(toText));
      const isAnswered = answersAnybody.some(([ids]) => ids.test(endpoint.id));
      for (const { told, answer } of answered) {
        if (!isAnswered) expect(answer.status, told).toBeGreaterThanOrEqual(400);
        const text = JSON.stringify(answer.body);
        expect(foreignNames.filter((name) => text?.includes(name))).toEqual([]);
      }
    },
  );
});

/** Without what differs between any two answers. */
function toText({ told, answer: { status, body } }: Answered): string {
  const { request_id: _, ...rest } = (body ?? {}) as Record<string, unknown>;
  return `${told}: ${status} ${JSON.stringify(rest).replaceAll(everyUuid, "<id>")}`;
}

/** The names of what is in the domain, which no reply to a stranger may hold. */
async function namesIn({ testApp }: AttackStage, domainId: string): Promise<readonly string[]> {
  const { read } = testApp.deps.database;
  const entities = await read
    .selectFrom("entities")
    .select("name")
    .where("domain_id", "=", domainId)
    .execute();
  const domains = await read
    .selectFrom("domains")
    .select("name")
    .where("id", "=", domainId)
    .execute();
  return [...entities, ...domains].map(({ name }) => name).filter((name) => name.length > 8);
}

/** Where the two requests have ids of their own: `path 0`, `body .client_ids.0`. */
function placesOf(mine: Prepared, theirs: Prepared): readonly string[] {
  const [mineIds, theirIds] = [idsOf(mine), idsOf(theirs)];
  const isOpen = (place: string) =>
    mayNameAnybody.some(([ids, places]) => ids.test(mine.endpoint.id) && places.test(place));
  return [...mineIds.keys()].filter(
    (place) => mineIds.get(place) !== theirIds.get(place) && !isOpen(place),
  );
}

/** All of the places, each of them, and all but each. */
function choicesOf(mine: Prepared, theirs: Prepared): readonly (readonly string[])[] {
  const places = placesOf(mine, theirs);
  const choices = [
    places,
    ...places.map((place) => [place]),
    ...places.map((place) => places.filter((other) => other !== place)),
  ].filter(({ length }) => length > 0);
  return [...new Map(choices.map((choice) => [choice.join(), choice])).values()];
}

function idsOf({ path, body }: Pick<Prepared, "path" | "body">): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  [...path.matchAll(inPath)].forEach(([id], index) => void found.set(`path ${index}`, id));
  mapIds(body, "body ", (place, id) => {
    found.set(place, id);
    return id;
  });
  return found;
}

function mix(mine: Prepared, theirs: Prepared, choice: readonly string[]): Prepared {
  const ids = idsOf(theirs);
  const chosen = (place: string, id: string) =>
    choice.includes(place) ? (ids.get(place) ?? id) : id;
  let index = 0;
  return {
    ...mine,
    path: mine.path.replaceAll(inPath, (id) => chosen(`path ${index++}`, id)),
    body: mapIds(mine.body, "body ", chosen),
  };
}

/** The same request with ids that nothing has; for that domain stands the unknown one. */
function withoutObjects(request: Prepared, domainId: string, unknownDomainId: string): Prepared {
  const unknown = new Map([[domainId, unknownDomainId]]);
  const toUnknown = (id: string) => {
    const known = unknown.get(id) ?? randomUUID();
    unknown.set(id, known);
    return known;
  };
  return {
    ...request,
    path: request.path.replaceAll(inPath, toUnknown),
    body: mapIds(request.body, "body ", (_, id) => toUnknown(id)),
  };
}

function mapIds(
  value: unknown,
  place: string,
  map: (place: string, id: string) => string,
): unknown {
  if (typeof value === "string") return wholeUuid.test(value) ? map(place, value) : value;
  if (Array.isArray(value))
    return value.map((each, index) => mapIds(each, `${place}.${index}`, map));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, mapIds(each, `${place}.${key}`, map)]),
  );
}
