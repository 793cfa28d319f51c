import { AppError } from "@tessera/contract";
import type { FastifyInstance, FastifyRequest } from "fastify";

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
      if (error !== null)
        return done(new AppError("invalid_body", `The body is not valid JSON: ${error.message}`));
      if (text.includes("\\u0000")) refuseNul(value, []);
      done(null, value);
    });
  });
}

function isBodyRead(request: FastifyRequest): boolean {
  return request.routeOptions.config.endpoint?.body !== undefined;
}

/** PostgreSQL cannot store a NUL character in text. */
function refuseNul(value: unknown, path: readonly string[]): void {
  if (typeof value === "string" && value.includes("\u0000")) {
    const field = path.join(".");
    throw new AppError("invalid_body", `${field || "the body"} must not contain a NUL character`, {
      field,
    });
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    refuseNul(key, path);
    refuseNul(member, [...path, key]);
  }
}
