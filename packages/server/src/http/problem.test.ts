import { AppError, errorTable } from "@tessera/contract";
import fastify, { type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { answerProblems, type ReadDatabaseFailure, toProblem } from "./problem.ts";

const apps: FastifyInstance[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

describe("a failure", () => {
  test.for(Object.entries(errorTable))("%s has the status of its row", async ([code, row]) => {
    const reply = await answerTo(new AppError(code as keyof typeof errorTable));
    expect(reply.statusCode).toBe(row.status);
    expect(reply.json()).toEqual({ message: row.title, code, request_id: expect.any(String) });
  });

  test("that nobody foresaw is told to the log, and to nobody else", async () => {
    const { reply, log } = await answerAndLog(new Error("the secret is 1234"));
    expect(reply.statusCode).toBe(500);
    expect(reply.body).not.toContain("1234");
    expect(reply.json().code).toBe("internal");
    expect(log).toContain("the secret is 1234");
  });

  test("of the database is 503, and says when to try again", async () => {
    const reply = await answerTo(new Error("down"), () => ({ kind: "unavailable" }));
    expect(reply.json().code).toBe("unavailable");
    expect(reply.headers["retry-after"]).toBe("1");
  });

  test("of a database with too much to do is 503 with a code of its own, and no failure in the log", async () => {
    const readFailure = () => ({ kind: "busy", message: "There are too many lists at a time" });
    const { reply, log } = await answerAndLog(new Error("busy"), readFailure);
    expect(reply.statusCode).toBe(503);
    expect(reply.json()).toMatchObject({
      code: "busy",
      message: "There are too many lists at a time",
    });
    expect(reply.headers["retry-after"]).toBe("1");
    expect(log).toBe("");
  });

  test("of the request's form is no failure of the server, and no line of it in the log", async () => {
    const { reply, log } = await answerAndLog(Object.assign(new Error("x"), { statusCode: 400 }));
    expect(reply.json().code).toBe("malformed_request");
    expect(log).toBe("");
  });

  test("says by what challenge to prove oneself, in letters that a header may hold", async () => {
    const problem = new AppError("unauthenticated", 'say "ö\\" or\nelse');
    const without = await answerTo(problem);
    expect(without.headers["www-authenticate"]).toBe("Bearer");
    const reply = await answerTo(problem, () => ({ kind: "other" }), { authorization: "Bearer x" });
    expect(reply.headers["www-authenticate"]).toBe(
      'Bearer error="invalid_token", error_description="say  orelse"',
    );
  });
});

test("an address that is not there is not repeated: it may hold a token", async () => {
  const app = await serve(new Error("unused"));
  const reply = await app.inject("/nowhere/pat_secret?x=pat_secret");
  expect(reply.statusCode).toBe(404);
  expect(reply.body).not.toContain("pat_secret");
});

describe("what a schema refuses", () => {
  test("is told with the name of the field in front", () => {
    const { error } = z.object({ a: z.array(z.object({ b: z.int() })) }).safeParse({
      a: [{ b: 1 }, { b: "x" }],
    });
    expect(toProblem("invalid_body", error as z.ZodError)).toMatchObject({
      code: "invalid_body",
      message: "a.1.b: expected number, received string",
      details: { field: "a.1.b" },
    });
  });

  test("as a whole is told of the body, or of the query", () => {
    const { error } = z.object({}).safeParse(7);
    expect(toProblem("invalid_body", error as z.ZodError).message).toMatch(/^the body: /);
    expect(toProblem("invalid_query", error as z.ZodError).message).toMatch(/^the query: /);
  });

  test("in each of several forms is told of the form that came furthest", () => {
    const forms = z.union([z.string(), z.object({ size: z.object({ width: z.int() }) })]);
    const { error } = forms.safeParse({ size: { width: "wide" } });
    expect(toProblem("invalid_body", error as z.ZodError).details.field).toBe("size.width");
  });
});

async function answerTo(
  error: Error,
  readFailure?: ReadDatabaseFailure,
  headers: Readonly<Record<string, string>> = {},
) {
  const app = await serve(error, readFailure);
  return app.inject({ url: "/fails", headers });
}

async function answerAndLog(error: Error, readFailure?: ReadDatabaseFailure) {
  const lines: string[] = [];
  const app = await serve(error, readFailure, lines);
  const reply = await app.inject("/fails");
  return { reply, log: lines.join("") };
}

async function serve(
  error: Error,
  readFailure: ReadDatabaseFailure = () => ({ kind: "other" }),
  lines: string[] = [],
): Promise<FastifyInstance> {
  const log = pino({ level: "error" }, { write: (line: string) => void lines.push(line) });
  const app = fastify({ loggerInstance: log as FastifyBaseLogger });
  apps.push(app);
  answerProblems(app, readFailure);
  app.get("/fails", () => {
    throw error;
  });
  await app.ready();
  return app;
}
