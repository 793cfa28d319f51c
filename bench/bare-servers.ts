import { hash, randomUUID, scrypt, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { promisify } from "node:util";
import fastify from "fastify";
import { clientCount, constant, newSecret, pairs, response, tokenCount } from "./constant.ts";
import { offer } from "./targets.ts";

// What a server could do that did less than Tessera, and what the reference implementation pays for each check.

const secrets = Array.from({ length: tokenCount }, newSecret);
const clientIds: readonly string[] = Array.from({ length: clientCount }, () => randomUUID());
const asked = pairs(secrets, clientIds);
const secretOf = (authorization = "") => authorization.slice("Bearer ".length);
const get = (origin: string, pathOf: (id: string) => string, questions = asked) => ({
  origin,
  requests: questions.map(({ headers, id }) => ({ method: "GET", path: pathOf(id), headers })),
});

const http = createServer((_request, reply) => {
  reply.setHeader("content-type", "application/json; charset=utf-8");
  reply.end(JSON.stringify(constant));
});
await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
const address = http.address();
const port = typeof address === "object" ? address?.port : undefined;

const listen = { port: 0, host: "127.0.0.1" };
const bare = fastify();
bare.get("/constant", { schema: { response } }, async () => constant);
const bareAddress = await bare.listen(listen);

/** What nothing can be faster than: know the token by its SHA-256, and the decision by both. */
const decisions = new Map(
  secrets.map((secret) => [hash("sha256", secret, "base64"), new Set(clientIds)]),
);
const mayReach = (secret: string, id: string) =>
  decisions.get(hash("sha256", secret, "base64"))?.has(id) === true;
const limit = fastify();
limit.get<{ Params: { id: string } }>(
  "/clients/:id",
  {
    schema: { response },
    onRequest: (request, reply, done) => {
      if (mayReach(secretOf(request.headers.authorization), request.params.id)) done();
      else reply.code(403).send();
    },
  },
  async () => constant,
);
limit.post<{ Body: { entity_id: string } }>(
  "/authorize",
  { schema: { response: { 200: { type: "object", additionalProperties: true } } } },
  async (request, reply) => {
    const isAllowed = mayReach(secretOf(request.headers.authorization), request.body.entity_id);
    return isAllowed ? { allowed: true } : reply.code(403).send();
  },
);
const limitAddress = await limit.listen(listen);

/** Few, because making them takes as long as checking them. */
const scryptSecrets = secrets.slice(0, 20);
const derive = promisify<string, string, number, object, Buffer>(scrypt);
const scryptOf = (secret: string, salt: string) =>
  derive(secret, salt, 32, { N: 16_384, r: 8, p: 1 });
const salted = new Map<string, { readonly salt: string; readonly digest: Buffer }>();
for (const secret of scryptSecrets) {
  const salt = randomUUID();
  salted.set(secret.slice(0, 16), { salt, digest: await scryptOf(secret, salt) });
}
const slow = fastify();
slow.get<{ Params: { id: string } }>(
  "/clients/:id",
  { schema: { response } },
  async (request, reply) => {
    const secret = secretOf(request.headers.authorization);
    const { salt = "", digest } = salted.get(secret.slice(0, 16)) ?? {};
    const derived = await scryptOf(secret, salt);
    if (digest === undefined || !timingSafeEqual(derived, digest)) return reply.code(401).send();
    if (!mayReach(secret, request.params.id)) return reply.code(403).send();
    return constant;
  },
);
const slowAddress = await slow.listen(listen);

offer({
  http: get(`http://127.0.0.1:${port}`, () => "/"),
  fastify: get(bareAddress, () => "/constant"),
  limit: get(limitAddress, (id) => `/clients/${id}`),
  limitAuthorize: {
    origin: limitAddress,
    requests: asked.map(({ headers, id }) => ({
      method: "POST",
      path: "/authorize",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({
        domain_id: constant.domain_id,
        entity_type: "clients",
        entity_id: id,
        operation: "view",
      }),
    })),
  },
  scrypt: get(slowAddress, (id) => `/clients/${id}`, pairs(scryptSecrets, clientIds)),
});
