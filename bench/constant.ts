import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";

/** The reply that every measured server writes, where it writes one: a client, as Tessera shows it. */
export const client = z.object({
  id: z.string(),
  name: z.string(),
  tags: z.array(z.string()),
  domain_id: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  credentials: z.object({ identity: z.string().optional() }),
  private_metadata: z.record(z.string(), z.unknown()).optional(),
  created_at: z.string(),
  created_by: z.string().optional(),
  updated_at: z.string(),
  status: z.string(),
});
const { $schema: _, ...schema } = z.toJSONSchema(client);
/** For Fastify, which writes by it faster than `JSON.stringify` does. */
export const response = { 200: schema };

export const clientBody = { name: "pump", tags: ["a", "b"], metadata: { site: "north", floor: 2 } };

export const constant: z.infer<typeof client> = {
  id: randomUUID(),
  ...clientBody,
  domain_id: randomUUID(),
  credentials: { identity: "" },
  private_metadata: {},
  created_at: "2026-01-02T00:00:00.000Z",
  created_by: randomUUID(),
  updated_at: "0001-01-01T00:00:00.000Z",
  status: "enabled",
};

/** Tokens and objects in rotation: each token on four of the objects. */
export const tokenCount = 500;
export const clientCount = 1_000;

export function pairs(secrets: readonly string[], clientIds: readonly string[]) {
  return Array.from({ length: secrets.length * 4 }, (_, index) => ({
    headers: { authorization: `Bearer ${secrets[index % secrets.length]}` },
    id: clientIds[(index * 7) % clientIds.length] ?? "",
  }));
}

/** As long as Tessera's tokens. */
export const newSecret = () => `pat_${randomBytes(50).toString("base64url")}`;
