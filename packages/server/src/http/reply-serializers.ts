import fastJson from "fast-json-stringify";
import type { FastifyInstance } from "fastify";

/**
 * Makes the program that writes replies of a row when the first one is to be written: Fastify would make all of them at
 * every start, which took longer than all else. To be called before routes are registered.
 */
export function serializeWhenAsked(app: FastifyInstance): void {
  app.setSerializerCompiler(({ schema }) => {
    let write: ReturnType<typeof fastJson> | undefined;
    return (reply) => {
      write ??= fastJson(schema as Parameters<typeof fastJson>[0]);
      return write(reply);
    };
  });
}
