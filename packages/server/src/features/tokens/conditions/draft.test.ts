import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import {
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";

onEveryDatabase("a token that is not made yet", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  let client: string;

  beforeAll(async () => {
    server = await startApp(kind);
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
    const made = await ada.call("POST", `/${domainId}/clients`, { name: "pump" });
    client = requireStatus(made, 201).id;
  });
  afterAll(() => server.close());

  const scope = (operation: string) => ({
    domain_id: domainId,
    entity_type: "clients",
    entity_id: client,
    operation,
  });
  const countTokens = async () =>
    requireStatus(await ada.call("GET", "/pats?status=all"), 200).total;

  test("would be allowed what it is once it is made, step by step", async () => {
    const later = new Date(server.clock.now + 3_600_000).toISOString();
    const wanted = {
      duration: "24h",
      scopes: [scope("view")],
      conditions: {
        addresses: { allow: ["10.0.0.0/8"] },
        weekly: {
          timezone: "Europe/Berlin",
          windows: [{ days: ["mon", "wed", "sun"], from: "00:00", to: "24:00" }],
        },
        max_uses: 100,
      },
    };
    const questions = ["view", "update"].flatMap((operation) =>
      ["10.0.0.1", "192.0.2.1"].map((address) => ({ ...scope(operation), context: { address } })),
    );
    const explained = await ada.call("POST", "/pats/draft/explain", { ...wanted, questions });
    const { answers } = requireStatus(explained, 200);
    const made = await ada.call("POST", "/pats", { name: "ci", ...wanted });
    const token = server.bearer(requireStatus(made, 201).secret);
    const real = await token.call("POST", "/authorize?explain=true", questions);
    const withoutBearer = requireStatus(real, 200).map(
      ({ bearer: _, ...answer }: { bearer: unknown }) => answer,
    );
    expect(answers).toEqual(withoutBearer);

    // Another time, for both, of which the real one is told apart.
    const then = questions.map((question) => ({
      ...question,
      context: { ...question.context, time: later },
    }));
    const drafted = await ada.call("POST", "/pats/draft/explain", { ...wanted, questions: then });
    const asked = await token.call("POST", "/authorize?explain=true", then);
    expect(requireStatus(drafted, 200).answers.map(verdictOf)).toEqual(
      requireStatus(asked, 200).map(({ at_time }: { at_time: Verdict }) => verdictOf(at_time)),
    );
  });

  test("is made by nobody's asking, uses nothing, and may not be asked of by a token", async () => {
    const before = await countTokens();
    const body = {
      duration: "24h",
      conditions: { max_uses: 1 },
      questions: Array(3).fill(scope("view")),
    };
    const { answers } = requireStatus(await ada.call("POST", "/pats/draft/explain", body), 200);
    expect(answers.map(({ because }: { because: string }) => because)).toEqual(
      Array(3).fill("scope_missing"),
    );
    expect(await countTokens()).toBe(before);
    const token = await server.newToken(ada, domainId, []);
    const refused = await token.call("POST", "/pats/draft/explain", body);
    expect([refused.status, refused.body.code]).toEqual([403, "session_required"]);
  });

  test("tells from where it was asked about, and whether it would work from there", async () => {
    const works = async (allow: string) => {
      const body = {
        duration: "24h",
        scopes: [scope("view")],
        conditions: { addresses: { allow: [allow] } },
        questions: [scope("view")],
      };
      const told = requireStatus(await ada.call("POST", "/pats/draft/explain", body), 200);
      return [told.your_address, told.your_address_works, told.answers[0].allowed];
    };
    expect(await works("127.0.0.0/8")).toEqual(["127.0.0.1", true, true]);
    expect(await works("203.0.113.0/24")).toEqual(["127.0.0.1", false, false]);
  });

  test("is refused by the name of the field as a real one would be", async () => {
    const draft = async (more: object) => {
      const { status, body } = await ada.call("POST", "/pats/draft/explain", {
        duration: "24h",
        ...more,
      });
      return [status, body.field];
    };
    const addresses = { allow: ["10.0.0.5/8"] };
    expect(await draft({ conditions: { addresses } })).toEqual([
      400,
      "conditions.addresses.allow.0",
    ]);
    expect(await draft({ duration: "-1h" })).toEqual([400, "duration"]);
    expect(await draft({ questions: [{ ...scope("view"), operation: "veiw" }] })).toEqual([
      400,
      "questions.0.operation",
    ]);
    const context = { address: "localhost" };
    expect(await draft({ questions: [{ ...scope("view"), context }] })).toEqual([
      400,
      "questions.0.context.address",
    ]);
  });
});

type Verdict = Readonly<Record<string, unknown>>;

function verdictOf({ allowed, because, failed_step, steps }: Verdict) {
  return { allowed, because, failed_step, steps };
}
