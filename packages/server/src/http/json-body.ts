import { AppError } from "@tessera/contract";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { requireStorable } from "./storable.ts";

/** Reads bodies as the wire wants it: JSON only, and an empty one is none, whatever its content type. */
export function acceptJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (request, text: string, done) => {
    if (text === "" || !isBodyRead(request)) return done(null, undefined);
    const contentType = request.headers["content-type"];
    const isUntypedDelete = contentType === undefined && request.method === "DELETE";
    if (!isUntypedDelete && !contentType?.toLowerCase().includes("application/json")) {
      return done(new AppError("unsupported_media_type"));
    }
    parse(request, text, (error, value) => {
      if (error !== null) {
        return done(new AppError("invalid_body", `The body is not valid JSON: ${error.message}`));
      }
      try {
        requireStorable("invalid_body", value);
        done(null, value);
      } catch (refused) {
        done(refused as AppError);
      }
    });
  });
}

function isBodyRead(request: FastifyRequest): boolean {
  return request.routeOptions.config.endpoint?.body !== undefined;
}
