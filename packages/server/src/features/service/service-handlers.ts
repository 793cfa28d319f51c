import { AppError, replyOfCatalogue, type serviceEndpoints, wireTime } from "@tessera/contract";
import type { Deps } from "../../deps.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import type { FindCaller } from "../../http/find-caller.ts";
import { storageFull } from "../../http/problem.ts";
import { shareAnswer } from "../../http/shared-answer.ts";
import type { JobState } from "../../jobs/schedule.ts";

type ServiceEndpoint = Exclude<
  (typeof serviceEndpoints)[number],
  { readonly id: "service.authorize" }
>;

/** How old the answer may be that the database gave to somebody else: anybody may ask, without a limit. */
const reachableAgeMilliseconds = 1000;

/** Which program is running. */
export interface Build {
  readonly version: string;
  /** Of the source, or empty where nobody said. */
  readonly commit: string;
  readonly builtAt: string;
  /** Differs with every start. */
  readonly instanceId: string;
}

/** What only the running server knows. */
interface ServiceFacts {
  readonly isStopping: () => boolean;
  readonly findCaller: FindCaller;
  readonly jobStates: () => Promise<readonly JobState[]>;
}

/** What the server tells of itself to anyone. */
export function serviceHandlers(
  deps: Deps,
  build: Build,
  { isStopping, findCaller, jobStates }: ServiceFacts,
): Handlers<ServiceEndpoint> {
  const { config, catalogue, database, clock } = deps;
  const isReachable = shareAnswer(() => database.isReachable(), reachableAgeMilliseconds, clock);
  const catalogueText = replyOfCatalogue(catalogue, config.token_prefix);
  return {
    "service.health": () => ({
      status: "pass",
      version: build.version,
      commit: build.commit,
      description: "tessera",
      build_time: build.builtAt,
      instance_id: build.instanceId,
    }),
    "service.ready": async ({ request, actor }) => {
      if (isStopping()) throw new AppError("unavailable", "The server is stopping");
      if (!(await isReachable())) {
        throw new AppError("unavailable", "The database does not answer", { retryAfterSeconds: 1 });
      }
      const trouble = await database.findWriteTrouble();
      if (trouble === "full") throw storageFull();
      if (trouble === "unwritable") {
        const text = "The database takes no changes";
        throw new AppError("unavailable", text, { retryAfterSeconds: 10 });
      }
      const { principal } = await findCaller(request, actor);
      if (principal?.isAdmin !== true) return { status: "pass" };
      return { status: "pass", jobs: (await jobStates()).map(toJobReply) };
    },
    "service.instance": () => ({
      name: "Tessera",
      version: build.version,
      self_registration: config.self_registration,
      password_rule: config.password_pattern,
      max_token_lifetime_seconds: Math.floor(config.max_token_lifetime / 1000),
      public_url: config.public_url ?? "",
      sends_mail: config.smtp_url !== undefined,
      requires_verified_email: config.require_verified_email,
    }),
    "service.catalogue": () => catalogueText,
  };
}

function toJobReply(job: JobState) {
  return {
    name: job.name,
    running: job.isRunning,
    last_started_at: wireTime(job.lastStartedAt),
    last_success_at: wireTime(job.lastSuccessAt),
    last_duration_milliseconds: job.lastDurationMilliseconds ?? undefined,
    last_result: job.lastResult ?? undefined,
    last_error: job.lastError ?? undefined,
    failures: job.failures,
    due_at: wireTime(job.dueAt),
  };
}
