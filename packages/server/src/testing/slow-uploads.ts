import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import type { FastifyInstance } from "fastify";
import type { TestApp, TestResponse } from "./start-app.ts";

/** A request whose head and first byte have arrived and been let through. */
export interface Upload {
  /** Sends the rest. */
  finish(): Promise<TestResponse>;
}

interface UploadRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
}

const marker = "x-test-upload";

/** Lets tests hold bodies back; `configure` goes into the options of the server under test. */
export function createSlowUploads() {
  const admitted = new Map<string, () => void>();
  return {
    /** Tells when a head has passed the early check: the body is read next. */
    configure: (app: FastifyInstance): void => {
      app.addHook("preParsing", (incoming, _reply, payload, done) => {
        admitted.get(String(incoming.headers[marker]))?.();
        done(null, payload);
      });
    },
    begin: async (server: TestApp, upload: UploadRequest): Promise<Upload> => {
      const id = randomUUID();
      const json = JSON.stringify(upload.body);
      const sent = request(new URL(upload.url, await server.address()), {
        method: upload.method,
        agent: false,
        headers: {
          ...upload.headers,
          ...(upload.authorization === undefined ? {} : { authorization: upload.authorization }),
          "content-type": "application/json",
          "content-length": Buffer.byteLength(json),
          [marker]: id,
        },
      });
      const answer = once(sent, "response").then(([incoming]) => readResponse(incoming));
      const early = answer.then(({ status }) => {
        throw new Error(`${upload.method} ${upload.url} was answered ${status} before its body`);
      });
      const isAdmitted = new Promise<void>((resolve) => admitted.set(id, resolve));
      sent.write(json.slice(0, 1));
      await Promise.race([isAdmitted, early]);
      early.catch(() => {});
      return {
        finish: () => {
          sent.end(json.slice(1));
          return answer;
        },
      };
    },
  };
}

async function readResponse(incoming: IncomingMessage): Promise<TestResponse> {
  const reply = await text(incoming);
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: reply === "" ? undefined : JSON.parse(reply),
  };
}
