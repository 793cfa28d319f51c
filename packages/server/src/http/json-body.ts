import { AppError, type Endpoint } from "@tessera/contract";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { addressOf } from "./address-of.ts";
import { createBodyLine } from "./body-line.ts";
import { NetworkWork } from "./network-work.ts";
import { readStorableJson } from "./storable.ts";
import { type NamedShape, requireFewUnnamed, shapeOf } from "./unnamed-members.ts";

const noEncodings =
  "The header Content-Encoding must not be sent: the body must be JSON as it is, not compressed";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Of members, elements, objects and arrays of a body, at all levels. */
    maximumValues?: number;
  }
}

/** Smaller bodies are read in no time. */
export const freeBodyBytes = 16 * 1024;

const shapes = new WeakMap<object, NamedShape>();

function shapeOfBody(schema: Endpoint["body"]): NamedShape {
  if (schema === undefined) return "free";
  const known = shapes.get(schema) ?? shapeOf(schema);
  shapes.set(schema, known);
  return known;
}

/** Reads bodies as the wire wants it: JSON only, and an empty one is none, whatever its content type. */
export function acceptJsonBodies(app: FastifyInstance): void {
  const inLine = createBodyLine();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (request, text: string, done) => {
    if (text === "" || !isBodyRead(request)) return done(null, undefined);
    const contentType = request.headers["content-type"];
    const isUntypedDelete = contentType === undefined && request.method === "DELETE";
    if (!isUntypedDelete && !isJson(contentType)) {
      return done(new AppError("unsupported_media_type"));
    }
    if (isEncoded(request.headers["content-encoding"])) {
      return done(new AppError("unsupported_media_type", noEncodings));
    }
    const { bodyReader, routeOptions, raw } = request;
    const read = () => {
      let body: unknown;
      try {
        const { maximumValues, endpoint } = routeOptions.config;
        const look = () => requireFewUnnamed(text, shapeOfBody(endpoint?.body));
        const pay = bodyReader?.pay;
        body = readStorableJson("invalid_body", text, undefined, maximumValues, pay, look);
      } catch (error) {
        return done(error instanceof SyntaxError ? notJson(error) : (error as Error));
      }
      return done(null, body);
    };
    if (text.length <= freeBodyBytes) return read();
    inLine(bodyReader?.caller ?? new NetworkWork(addressOf(request)).caller, () => {
      if (raw.socket.destroyed) return done(new AppError("invalid_body", "The caller has gone"));
      read();
    });
  });
}

/** The media type and nothing like it: what browsers send to other sites without asking is never this one. */
function isJson(contentType: string | undefined): boolean {
  return contentType?.split(";", 1)[0]?.trim().toLowerCase() === "application/json";
}

/** RFC 9110, section 8.4.1: names of encodings are the same in any case, and `identity` is none. */
function isEncoded(contentEncoding: string | undefined): boolean {
  return contentEncoding !== undefined && contentEncoding.trim().toLowerCase() !== "identity";
}

/** Says where, but not what stands there: it may be a secret. */
function notJson({ message }: Error): AppError {
  const position = /position \d+/.exec(message)?.[0];
  const where = position === undefined ? "" : `, at ${position}`;
  return new AppError("invalid_body", `The body is not valid JSON${where}`);
}

function isBodyRead(request: FastifyRequest): boolean {
  return request.routeOptions.config.endpoint?.body !== undefined;
}
