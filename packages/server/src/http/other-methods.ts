import { AppError } from "@tessera/contract";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { FindRefusal } from "./problem.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the route is there only to say which methods its path knows. */
    refusesMethods?: boolean;
  }
}

/** Refuses what a path does not know, by the form of the path alone: it tells nothing of what there is. */
export interface OtherMethods {
  /**
   * Makes every path that a route has answer 405 to all other methods (RFC 9110, section 15.5.6), before anybody is
   * asked who they are. To be called after the last route is registered.
   */
  refuse(): void;
  /**
   * The same for methods that are never routed, such as PROPFIND; `undefined` where no route has the path, or one has it
   * for this method and found nothing.
   */
  readonly refusalOf: FindRefusal;
}

interface KnownPath {
  readonly url: string;
  readonly methods: Set<string>;
}

/** To be called before routes are registered. */
export function watchMethods(app: FastifyInstance): OtherMethods {
  const known = new Map<string, KnownPath>();
  app.addHook("onRoute", ({ method, url, config }) => {
    if (config?.refusesMethods === true) return;
    // Paths that differ in the names of their parameters alone are one.
    const form = url.replaceAll(/:\w+/g, ":");
    const path = known.get(form) ?? { url, methods: new Set() };
    known.set(form, path);
    for (const one of [method].flat()) path.methods.add(one);
  });

  return {
    refuse: () => {
      for (const path of known.values()) refuseOthers(app, path);
    },
    refusalOf: ({ method, url }, reply) => {
      const asked = url.split("?", 1)[0]?.replace(/(?<=.)\/$/, "") ?? "";
      const forms = [...known.keys()].filter((form) => patternOf(form).test(asked));
      // Words that a path names go before what stands for any word, as when requests are routed.
      const parameters = (form: string) => form.split(":").length;
      const [form = ""] = forms.toSorted((a, b) => parameters(a) - parameters(b));
      const path = known.get(form);
      if (path === undefined || path.methods.has(method)) return undefined;
      return refusal(path, reply);
    },
  };
}

function refuseOthers(app: FastifyInstance, path: KnownPath): void {
  app.route({
    method: app.supportedMethods.filter((method) => !path.methods.has(method)),
    url: path.url,
    exposeHeadRoute: false,
    config: { openBecause: "it only says which methods the path knows", refusesMethods: true },
    // Before the body is read.
    onRequest: (_request, reply, done) => done(refusal(path, reply)),
    handler: (_request, reply) => {
      throw refusal(path, reply);
    },
  });
}

function refusal({ methods }: KnownPath, reply: FastifyReply): AppError {
  const allow = [...methods].toSorted().join(", ");
  reply.header("allow", allow);
  return new AppError("method_not_allowed", `This path knows ${allow}`);
}

/** Forms hold no other sign that an expression would take for more than itself than the dot. */
function patternOf(form: string): RegExp {
  const parts = form.replaceAll(".", "\\.").replaceAll(":", "[^/]+").replaceAll("*", ".*");
  return new RegExp(`^${parts}$`);
}
