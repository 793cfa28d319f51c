import {
  AppError,
  type Catalogue,
  type catalogueReply,
  type serviceEndpoints,
} from "@tessera/contract";
import type { z } from "zod";
import type { Deps } from "../../deps.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";

type ServiceEndpoint = Exclude<
  (typeof serviceEndpoints)[number],
  { readonly id: "service.authorize" }
>;

/** Which program is running. */
export interface Build {
  readonly version: string;
  /** Of the source, or empty where nobody said. */
  readonly commit: string;
  readonly builtAt: string;
  /** Differs with every start. */
  readonly instanceId: string;
}

/** What the server tells of itself to anyone. */
export function serviceHandlers(
  deps: Deps,
  build: Build,
  isStopping: () => boolean,
): Handlers<ServiceEndpoint> {
  const { config, catalogue, database } = deps;
  const catalogueText = describeCatalogue(catalogue, config.token_prefix);
  return {
    "service.health": () => ({
      status: "pass",
      version: build.version,
      commit: build.commit,
      description: "tessera",
      build_time: build.builtAt,
      instance_id: build.instanceId,
    }),
    "service.ready": async () => {
      if (isStopping()) throw new AppError("unavailable", "The server is stopping");
      if (await database.isReachable()) return { status: "pass" };
      throw new AppError("unavailable", "The database does not answer", { retryAfterSeconds: 1 });
    },
    "service.instance": () => ({
      name: "Tessera",
      version: build.version,
      self_registration: config.self_registration,
      password_rule: config.password_pattern,
      max_token_lifetime_seconds: Math.floor(config.max_token_lifetime / 1000),
      public_url: config.public_url ?? "",
    }),
    "service.catalogue": () => catalogueText,
  };
}

function describeCatalogue(
  catalogue: Catalogue,
  tokenPrefix: string,
): z.output<typeof catalogueReply> {
  return {
    token_prefix: tokenPrefix,
    entity_types: catalogue.entityTypes.map((type) => ({
      name: type.name,
      singular: type.singular,
      title: type.title,
      kind: type.kind,
      role_actions: [...catalogue.roleActions(type.name)],
      operations: type.operations.map((row) => ({
        name: row.name,
        summary: row.summary,
        action: row.action,
        aliases: [...row.alsoFiledUnder],
      })),
    })),
  };
}
