import { TesseraError } from "@tessera/sdk";
import type { NewEntity } from "../../../api/entities.ts";
import { secretOfReply } from "../../../api/new-secrets.ts";
import type { ImportLine } from "./import-lines.ts";

/** What became of a line. */
export type LineOutcome =
  | { readonly state: "created"; readonly id: string; readonly secret: string | undefined }
  | { readonly state: "failed"; readonly reason: string }
  /** Nothing was sent for it, or no answer came: to be sent again. */
  | { readonly state: "unsent" };

interface Created {
  readonly id: string;
  readonly credentials?: object | undefined;
}

export interface ImportRun {
  readonly lines: readonly ImportLine[];
  /** With ids of their own, so that what is sent again after a lost answer is not created twice. */
  readonly bodies: ReadonlyMap<ImportLine, NewEntity & { readonly id: string }>;
  readonly create: (bodies: NewEntity[]) => Promise<readonly Created[]>;
  readonly onOutcome: (line: ImportLine, outcome: LineOutcome) => void;
  readonly isStopped: () => boolean;
  /** Lines whose answer was lost in an earlier run: their id being taken means that they exist. */
  readonly uncertain: Set<ImportLine>;
}

const portionSize = 100;

/**
 * Creates the lines in portions. A portion that is refused is sent again without the line that the
 * server named, or in halves where it named none. Throws when nothing more can be sent.
 */
export async function runImport(run: ImportRun): Promise<void> {
  for (let start = 0; start < run.lines.length && !run.isStopped(); start += portionSize) {
    await createPortion(run, run.lines.slice(start, start + portionSize));
  }
}

async function createPortion(run: ImportRun, lines: readonly ImportLine[]): Promise<void> {
  if (lines.length === 0 || run.isStopped()) return;
  const bodies = lines.flatMap((line) => run.bodies.get(line) ?? []);
  try {
    const created = await run.create(bodies);
    const byId = new Map(created.map((one) => [one.id, one]));
    for (const [index, line] of lines.entries()) {
      const id = bodies[index]?.id ?? "";
      run.onOutcome(line, { state: "created", id, secret: secretOfReply(byId.get(id) ?? {}) });
    }
  } catch (error) {
    if (!(error instanceof TesseraError) || !isAboutTheLines(error)) {
      for (const line of lines) run.uncertain.add(line);
      throw error;
    }
    await withoutTheWrongOnes(run, lines, error);
  }
}

async function withoutTheWrongOnes(
  run: ImportRun,
  lines: readonly ImportLine[],
  error: TesseraError,
): Promise<void> {
  const index = Number(/^(\d+)(?:\.|$)/.exec(error.field ?? "")?.[1] ?? Number.NaN);
  const named = lines.length === 1 ? lines[0] : lines[index];
  if (named !== undefined) {
    run.onOutcome(named, outcomeOfRefused(run, named, error));
    return createPortion(
      run,
      lines.filter((line) => line !== named),
    );
  }
  const middle = Math.ceil(lines.length / 2);
  await createPortion(run, lines.slice(0, middle));
  await createPortion(run, lines.slice(middle));
}

function outcomeOfRefused(run: ImportRun, line: ImportLine, error: TesseraError): LineOutcome {
  const isOwnId = error.code === "already_exists" && /(?:^|\.)id$/.test(error.field ?? "");
  const id = run.bodies.get(line)?.id;
  if (isOwnId && id !== undefined && run.uncertain.has(line)) {
    return { state: "created", id, secret: undefined };
  }
  return { state: "failed", reason: error.message.replace(/^\d+\./, "") };
}

/** Refused for what a line says; everything else would befall every line. */
function isAboutTheLines({ status, code }: TesseraError): boolean {
  if (code === "domain_disabled") return false;
  return [400, 403, 404, 409, 413].includes(status);
}
