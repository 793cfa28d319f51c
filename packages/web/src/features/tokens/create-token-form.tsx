import { Alert, Grid, Paper, Stack, Textarea, TextInput, Title } from "@mantine/core";
import { IconInfoCircle, IconLink } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useBlocker, useNavigate } from "@tanstack/react-router";
import { maximumLength, TesseraError } from "@tessera/sdk";
import { type FormEvent, useRef, useState } from "react";
import { bodyProblems } from "../../api/body-problems.ts";
import { catalogueQuery } from "../../api/catalogue.ts";
import { api } from "../../api/client.ts";
import { instanceQuery } from "../../api/instance.ts";
import { rememberSecret } from "../../api/new-secrets.ts";
import { tokensKey } from "../../api/tokens.ts";
import { useChange } from "../../api/use-change.ts";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { useFailuresInView } from "../../ui/form.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { LeaveQuestion } from "../../ui/leave-question.tsx";
import { useClock } from "../../ui/use-now.ts";
import { durationProblem, lifetimeOf } from "../../words/durations.ts";
import { complaint } from "../../words/failure-text.ts";
import type { WrittenConditions } from "./conditions/conditions-section.tsx";
import { AskedDomain } from "./creation/asked-domain.tsx";
import { CreateBar } from "./creation/create-bar.tsx";
import { OperationSearch } from "./creation/operation-search.tsx";
import { riskOf } from "./creation/risk.ts";
import { Templates } from "./creation/templates.tsx";
import { DurationField } from "./duration-field.tsx";
import { LiveMosaic } from "./mosaic/live-mosaic.tsx";
import { isUntouched, rowProblems, type ScopeRow, scopesOf, withDomain } from "./scope-rows.ts";
import { ScopeRowsEditor } from "./scope-rows-editor.tsx";

/** The rest of the summary is not waited for, and nobody opens it before it is there. */
const ScopeSummary = lazyPart(async () => (await import("./scope-summary.tsx")).ScopeSummary);
const DraftReach = lazyPart(async () => (await import("./reach/draft-reach.tsx")).DraftReach);
const ConditionsSection = lazyPart(
  async () => (await import("./conditions/conditions-section.tsx")).ConditionsSection,
);
const ScopeTextField = lazyPart(
  async () => (await import("./creation/scope-text-field.tsx")).ScopeTextField,
);
const BarConditions = lazyPart(
  async () => (await import("./creation/bar-conditions.tsx")).BarConditions,
);
const CallsOpened = lazyPart(async () => (await import("./creation/calls-opened.tsx")).CallsOpened);

interface FormValues {
  readonly name: string;
  readonly description: string;
  readonly duration: { readonly value: string; readonly until: string | null };
  readonly rows: readonly ScopeRow[];
  readonly conditions: WrittenConditions;
}

interface CreateTokenFormProps {
  /** Where scopes begin; empty: nobody has said yet, or there is none. */
  readonly domainId: string;
  readonly isDomainAsked: boolean;
  /** Its first field has the focus when it appears. */
  readonly isFocused: boolean;
  readonly isFromLink: boolean;
  readonly linkProblems: readonly string[];
  readonly initial: FormValues;
}

/** The fields of a new token, what they come to, and the bar that sends them. */
export function CreateTokenForm(props: CreateTokenFormProps) {
  const { isDomainAsked, isFromLink, linkProblems, initial } = props;
  const [chosenDomain, setChosenDomain] = useState(props.domainId);
  const { data: instance } = useQuery(instanceQuery);
  const { data: catalogue } = useQuery(catalogueQuery);
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const clock = useClock();
  const [values, setValues] = useState(initial);
  const [wasTried, setWasTried] = useState(false);
  const isSent = useRef(false);
  const ofRows = values.rows.find((row) => row.domainId !== "")?.domainId;
  const domainId = chosenDomain === "" ? (ofRows ?? "") : chosenDomain;
  const change = (part: Partial<FormValues>) => setValues((old) => ({ ...old, ...part }));
  const { conditions, isComplete: areConditionsComplete } = values.conditions;

  const create = useChange(
    () =>
      api.tokens.create({
        body: {
          name: values.name.trim(),
          description: values.description.trim(),
          ...lifetimeOf(values.duration),
          scopes: scopesOf(values.rows),
          ...(conditions === undefined ? {} : { conditions }),
        },
      }),
    {
      done: null,
      stale: [tokensKey],
      onDone: async (token) => {
        isSent.current = true;
        rememberSecret(queryClient, token);
        await navigate({ to: "/pats/$tokenId", params: { tokenId: token.id }, replace: true });
      },
    },
  );
  const isDomainMissing = isDomainAsked && domainId === "";
  const { form, onTried } = useFailuresInView(create.error);
  const blocker = useBlocker({
    shouldBlockFn: () => !isSent.current && isChanged(values, initial),
    enableBeforeUnload: () => !isSent.current && isChanged(values, initial),
    withResolver: true,
  });

  const scopes = scopesOf(values.rows.filter((row) => Object.keys(rowProblems(row)).length === 0));
  const touchedRows = values.rows.filter((row) => !isUntouched(row));
  const durationError = durationProblem(
    values.duration,
    clock(),
    instance?.max_token_lifetime_seconds ?? Number.POSITIVE_INFINITY,
  );
  const text = { name: values.name.trim(), description: values.description.trim() };
  const problems = {
    ...bodyProblems("tokens.create", text, { name: "name", description: "description" }),
    ...(text.name === "" ? { name: "Enter a name" } : {}),
    ...(durationError === undefined ? {} : { duration: durationError }),
  };
  const isComplete =
    Object.keys(problems).length === 0 &&
    areConditionsComplete &&
    touchedRows.every((row) => Object.keys(rowProblems(row)).length === 0);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWasTried(true);
    setValues((old) => ({ ...old, rows: touchedRows }));
    if (isComplete && !create.isPending) create.mutate();
    if (!isComplete) onTried();
  };
  const refused = create.error instanceof TesseraError ? create.error : undefined;
  const refusalOf = (field: string) => (refused?.field === field ? complaint(refused) : undefined);
  const problemOf = (field: "name" | "description" | "duration") =>
    (wasTried ? problems[field] : undefined) ?? refusalOf(field);

  return (
    <>
      <form ref={form} onSubmit={submit} noValidate>
        <Grid gap="lg" align="flex-start">
          <Grid.Col span={{ base: 12, lg: 8 }}>
            <Stack gap="lg">
              {isFromLink && (
                <Alert
                  icon={<IconLink aria-hidden />}
                  color="ochre"
                  title="A link has filled in this form"
                >
                  Check every line before you create the token, above all what it will be able to
                  do.
                </Alert>
              )}
              {linkProblems.length > 0 && (
                <Alert color="brick" icon={<IconInfoCircle aria-hidden />} title="Left out">
                  {linkProblems.map((problem) => (
                    <div key={problem}>{problem}</div>
                  ))}
                </Alert>
              )}
              <Paper withBorder p={{ base: "md", sm: "xl" }}>
                <Stack gap="lg">
                  <TextInput
                    label="Name"
                    withAsterisk
                    placeholder="Enter name"
                    description="A recognizable label for this token"
                    maxLength={maximumLength.tokenName}
                    autoFocus={props.isFocused}
                    value={values.name}
                    onChange={(event) => change({ name: event.currentTarget.value })}
                    error={problemOf("name")}
                  />
                  <DurationField
                    choice={values.duration}
                    error={problemOf("duration") ?? refusalOf("expires_at")}
                    onChange={(duration) => change({ duration })}
                  />
                  <Textarea
                    label="Description"
                    placeholder="Enter description"
                    description="What's this token for?"
                    autosize
                    minRows={2}
                    maxRows={8}
                    maxLength={maximumLength.tokenDescription}
                    value={values.description}
                    onChange={(event) => change({ description: event.currentTarget.value })}
                    error={problemOf("description")}
                  />
                </Stack>
              </Paper>
              <Paper withBorder p={{ base: "md", sm: "xl" }}>
                <Stack gap="md">
                  <Title order={2}>Scopes</Title>
                  {isDomainAsked && (
                    <AskedDomain
                      domainId={domainId}
                      onChange={(id) => {
                        setChosenDomain(id);
                        change({
                          rows: values.rows.map((row) =>
                            row.domainId === "" ? withDomain(row, id) : row,
                          ),
                        });
                      }}
                    />
                  )}
                  <Templates
                    domainId={domainId}
                    rows={values.rows}
                    onChoose={(rows) => change({ rows })}
                  />
                  {!isDomainMissing && (
                    <OperationSearch
                      rows={values.rows}
                      domainId={domainId}
                      onChange={(rows) => change({ rows })}
                    />
                  )}
                  {domainId === "" && !isDomainAsked && (
                    <Alert color="ochre" icon={<IconInfoCircle aria-hidden />}>
                      Scopes belong to a domain. Enter or create one first, or create the token
                      without scopes and add them later.
                    </Alert>
                  )}
                  {!isDomainMissing && (
                    <ScopeRowsEditor
                      rows={values.rows}
                      domainId={domainId}
                      areProblemsShown={wasTried}
                      onChange={(rows) => change({ rows })}
                    />
                  )}
                  <ScopeTextField
                    rows={values.rows}
                    domainId={domainId}
                    onChange={(rows) => change({ rows })}
                  />
                </Stack>
              </Paper>
              <ConditionsSection
                written={values.conditions}
                areProblemsShown={wasTried}
                error={create.error}
                onChange={(written) => change({ conditions: written })}
              />
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, lg: 4 }} pos={{ lg: "sticky" }} top={84}>
            <Paper withBorder p={{ base: "md", sm: "lg" }} component="section" aria-label="Summary">
              <Stack gap="md">
                <Title order={2} size="h3">
                  What this token will be able to do
                </Title>
                {!isDomainMissing && (
                  <LiveMosaic
                    rows={values.rows}
                    domainId={domainId}
                    onChange={(rows) => change({ rows })}
                  />
                )}
                <ScopeSummary rows={values.rows} />
                <DraftReach scopes={scopes} />
                <CallsOpened
                  scopes={scopes}
                  baseUrl={instance?.public_url || window.location.origin}
                />
              </Stack>
            </Paper>
          </Grid.Col>
        </Grid>
        <CreateBar
          risk={catalogue === undefined ? undefined : riskOf(scopes, catalogue)}
          conditions={
            (conditions !== undefined || !areConditionsComplete) && (
              <BarConditions written={values.conditions} />
            )
          }
          isPending={create.isPending}
          failure={<FailureNotice error={create.error} />}
        />
      </form>
      <LeaveQuestion blocker={blocker} title="Leave without creating the token?">
        What you have entered will be lost.
      </LeaveQuestion>
    </>
  );
}

/** Whether leaving would lose something, however little of it is filled in. */
function isChanged(values: FormValues, initial: FormValues): boolean {
  return textOf(values) !== textOf(initial);
}

function textOf({ rows, ...values }: FormValues): string {
  const filled = rows.filter((row) => !isUntouched(row)).map(({ key: _, ...row }) => row);
  return JSON.stringify([values, filled]);
}
