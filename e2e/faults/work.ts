import { call } from "../call.ts";

/** A domain that was asked for. */
export interface AskedDomain {
  readonly id: string;
  /** Its name, once it was answered that it is. */
  name: string;
  /** A name that was sent for it and whose answer never came: it has this one or the other. */
  uncertainName?: string;
}

/** A token that was answered, and what was answered of it since. */
export interface AskedToken {
  readonly id: string;
  readonly secret: string;
  readonly domainId: string;
  state: "active" | "revoked" | "uncertain";
  /** When each of its uses was answered; milliseconds since the epoch. */
  readonly usedAt: number[];
  /** Likewise of what it was refused. */
  readonly refusedAt: number[];
}

/** What a server has said it did, and what it has said it did not do. */
export interface Ledger {
  readonly domains: AskedDomain[];
  readonly tokens: AskedToken[];
  /** Answered changes as the audit trail names them: `domains.create <id>`. */
  readonly acknowledged: string[];
  /** Of refused changes the names that nothing may have. */
  readonly refusedNames: string[];
  /** What was answered with 503 while that was right. */
  readonly unanswered: string[];
  /** Answers that were none of those that are right while the server lives. */
  readonly surprises: string[];
}

export function newLedger(): Ledger {
  return {
    domains: [],
    tokens: [],
    acknowledged: [],
    refusedNames: [],
    unanswered: [],
    surprises: [],
  };
}

interface Worker {
  readonly url: string;
  /** An administrator's access token. */
  readonly session: string;
  readonly ledger: Ledger;
  /** Whether to go on; once it says no, requests may fail. */
  readonly goesOn: () => boolean;
  /** Different for each worker and round. */
  readonly name: string;
  /** Whether 503 is a right answer now: what it is about may be done or not. */
  readonly isTroubled?: () => boolean;
}

/** Makes, renames, uses, refuses and revokes, one after the other, until it is told to end or the server is gone. */
export async function work(worker: Worker): Promise<void> {
  for (let number = 0; worker.goesOn(); number += 1) {
    try {
      await workOnce(worker, `${worker.name}-${number}`, number % 2 === 1);
    } catch (error) {
      if (error === unanswered) continue;
      if (worker.goesOn()) worker.ledger.surprises.push(String(error));
      return;
    }
  }
}

/** Nobody knows what became of it. */
const unanswered = new Error("unanswered");

async function workOnce(worker: Worker, route: string, isRevoked: boolean): Promise<void> {
  const { session, ledger } = worker;
  const ask = async (status: number, ...[method, path, options]: Asked) => {
    const answer = await call(worker.url, method, path, options);
    if (answer.status === 503 && worker.isTroubled?.() === true) {
      ledger.unanswered.push(`${method} ${path}`);
      throw unanswered;
    }
    if (answer.status !== status) {
      const said = JSON.stringify(answer.body);
      ledger.surprises.push(`${method} ${path} answered ${answer.status}: ${said}`);
    }
    return answer.body;
  };

  const body = { name: route, route };
  const { id } = await ask(201, "POST", "/domains", { bearer: session, body });
  const domain: AskedDomain = { id, name: route };
  ledger.domains.push(domain);
  ledger.acknowledged.push(`domains.create ${id}`);

  const scope = { domain_id: id, entity_type: "domains", entity_id: id, operation: "read" };
  const wish = { name: route, duration: "24h", scopes: [scope] };
  const made = await ask(201, "POST", "/pats", { bearer: session, body: wish });
  const token: AskedToken = {
    ...{ id: made.id, secret: made.secret, domainId: id, state: "active" },
    ...{ usedAt: [], refusedAt: [] },
  };
  ledger.tokens.push(token);
  ledger.acknowledged.push(`tokens.create ${token.id}`);

  const stolen = `${route}-stolen`;
  ledger.refusedNames.push(stolen);
  const refused = { bearer: token.secret, body: { name: stolen } };
  await ask(200, "GET", `/domains/${id}`, { bearer: token.secret });
  token.usedAt.push(Date.now());
  await ask(403, "PATCH", `/domains/${id}`, refused);
  token.refusedAt.push(Date.now());
  const twice = { bearer: session, body: { name: stolen, route } };
  await ask(409, "POST", "/domains", twice);

  domain.uncertainName = `${route}-renamed`;
  const renamed = { bearer: session, body: { name: domain.uncertainName } };
  await ask(200, "PATCH", `/domains/${id}`, renamed);
  domain.name = domain.uncertainName;
  delete domain.uncertainName;
  ledger.acknowledged.push(`domains.update ${id}`);

  if (!isRevoked) return;
  token.state = "uncertain";
  await ask(204, "PATCH", `/pats/${token.id}/secret/revoke`, { bearer: session });
  token.state = "revoked";
  ledger.acknowledged.push(`tokens.revoke ${token.id}`);
}

type Asked = [method: string, path: string, options: NonNullable<Parameters<typeof call>[3]>];

/** What is not as the ledger says, in a sentence each: empty where nothing was lost, and nothing refused was done. */
export async function differences(
  { url, session }: Pick<Worker, "url" | "session">,
  { domains, tokens, acknowledged, refusedNames }: Ledger,
  since: Date,
): Promise<readonly string[]> {
  const found: string[] = [];
  const held = (isSo: boolean, sentence: string) => void (isSo || found.push(sentence));
  for (const { id, name, uncertainName } of domains) {
    const viewed = await call(url, "GET", `/domains/${id}`, { bearer: session });
    const isSo = [name, uncertainName].includes(viewed.body?.name);
    held(isSo, `domain ${name} is ${viewed.status} ${viewed.body?.name}`);
  }
  for (const { id, secret, domainId, state } of tokens) {
    const viewed = await call(url, "GET", `/pats/${id}`, { bearer: session });
    const used = await call(url, "GET", `/domains/${domainId}`, { bearer: secret });
    const is = viewed.body?.status;
    held(state === "uncertain" || is === state, `token ${id} is ${is}, not ${state}`);
    held(used.status === (is === "revoked" ? 401 : 200), `${is} token ${id}: ${used.status}`);
  }
  const records = await readRecords(url, session, since);
  const counts = new Map<string, number>();
  for (const record of records) counts.set(record, (counts.get(record) ?? 0) + 1);
  for (const change of acknowledged) {
    held(counts.get(change) === 1, `${change} is recorded ${counts.get(change) ?? 0} times`);
  }
  const listed = await call(url, "GET", "/domains?name=stolen&limit=1", { bearer: session });
  held(listed.body.total === 0, `${listed.body.total} of ${refusedNames.length} were done`);
  return found;
}

/** What was done since then, as `domains.create <id>`. */
async function readRecords(url: string, session: string, since: Date): Promise<readonly string[]> {
  const records: string[] = [];
  let after = "";
  do {
    const from = `from=${since.toISOString()}&outcome=allowed&limit=100`;
    const page = await call(url, "GET", `/audit?${from}${after}`, { bearer: session });
    for (const { operation, object } of page.body.records) {
      records.push(`${operation} ${object.id}`);
    }
    after = page.body.next === undefined ? "" : `&after=${page.body.next}`;
  } while (after !== "");
  return records;
}
