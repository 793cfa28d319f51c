import { Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { bodyProblems } from "../../../api/body-problems.ts";
import { type CatalogueReply, catalogueQuery } from "../../../api/catalogue.ts";
import { firstDomainQuery } from "../../../api/domains.ts";
import { explainUse, ownAddressQuery, type TokenQuestion } from "../../../api/token-conditions.ts";
import { type Token, tokenScopesQuery } from "../../../api/tokens.ts";
import { useCurrentDomain } from "../../../parts/current-domain.ts";
import { DomainPicker } from "../../../parts/domain-picker.tsx";
import { Form, useProblems } from "../../../ui/form.tsx";
import { LoadingRows } from "../../../ui/loading-rows.tsx";
import { Picker } from "../../../ui/picker.tsx";
import { useListed } from "../../../ui/use-listed.ts";
import { fieldComplaint } from "../../../words/failure-text.ts";
import { EntitySelect } from "../entity-select.tsx";
import { emptyRow, rowProblems, type ScopeRow, withDomain, withType } from "../scope-rows.ts";
import type { TokenSearch } from "../token-search.ts";
import classes from "./try-it.module.css";
import { Verdict } from "./verdict.tsx";

interface TryItFormProps {
  readonly token: Token;
  /** What the form begins with. */
  readonly asked: Pick<TokenSearch, "ask" | "address">;
}

/** Asks once all that a question begins with is there. */
export function TryItForm({ token, asked }: TryItFormProps) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const { data: domains } = useQuery(firstDomainQuery);
  const { domain, isPending } = useCurrentDomain();
  const { data: scopes } = useQuery(tokenScopesQuery(token.id, { limit: 1, offset: 0 }));
  if (catalogue === undefined || domains === undefined || scopes === undefined || isPending) {
    return <LoadingRows count={3} />;
  }
  // Most want to know of the domain that the token is for.
  const begun = readAsked(asked.ask);
  const domainId =
    begun?.domainId ?? scopes.scopes[0]?.domain_id ?? domain?.id ?? domains.first?.id ?? "";
  const isOnlyDomain = domains.total <= 1 && domains.first?.id === domainId;
  return (
    <QuestionForm
      token={token}
      catalogue={catalogue}
      begun={begun ?? emptyRow([], domainId)}
      begunAddress={asked.address ?? ""}
      isDomainShown={!isOnlyDomain}
    />
  );
}

interface QuestionFormProps {
  readonly token: Token;
  readonly catalogue: CatalogueReply;
  readonly begun: ScopeRow;
  readonly begunAddress: string;
  readonly isDomainShown: boolean;
}

/** The row of a link that asks; `undefined`: it asks nothing. */
function readAsked(text: string | undefined): ScopeRow | undefined {
  const [domainId = "", entityType = "", operation, ...entity] = text?.split(":") ?? [];
  if (operation === undefined) return undefined;
  return {
    ...emptyRow([], domainId),
    entityType,
    entityId: entity.join(":"),
    operations: [operation],
  };
}

function QuestionForm({ token, catalogue, begun, begunAddress, isDomainShown }: QuestionFormProps) {
  const queryClient = useQueryClient();
  const [row, setRow] = useState<ScopeRow>(begun);
  const [address, setAddress] = useState(begunAddress);
  const [time, setTime] = useState("");
  const { data: own } = useQuery(ownAddressQuery(undefined));
  const ask = useMutation({
    mutationFn: (question: TokenQuestion) => explainUse(queryClient, token, question),
  });
  const question = questionOf(row, address, time);
  const problems = useProblems(problemsOf(row, question));
  const complaint = fieldComplaint(ask.error);
  const refusalOf = (field: string) =>
    complaint?.field === `questions.0.${field}` ? complaint.text : undefined;
  /** What was answered was about another question. */
  const change = (set: () => void) => {
    set();
    if (!ask.isIdle) ask.reset();
  };
  const changeRow = (changed: ScopeRow) => change(() => setRow(changed));

  const type = catalogue.entity_types.find(({ name }) => name === row.entityType);
  const types = catalogue.entity_types.map(({ name, title }) => ({ value: name, label: title }));
  const operations = (type?.operations ?? []).map(({ name, summary }) => ({
    value: name,
    label: summary,
    hint: name,
  }));
  const listedTypes = useListed(types, "No such type");
  const listedOperations = useListed(operations, "No such operation");
  return (
    <Stack>
      <Form
        change={ask}
        verb="Ask"
        isFailureSaid={["entity_id", "context.address", "context.time"].some(
          (field) => refusalOf(field) !== undefined,
        )}
        onSubmit={() => problems.attempt(() => ask.mutate(question))}
      >
        <Text size="sm" c="dimmed">
          {token.status === "active"
            ? "The server decides as if the token asked for it now. Nothing is done, and no use is counted."
            : `The answer to everything is no while it is ${token.status}. Shown is what it would be if it worked.`}
        </Text>
        <div className={classes.fields}>
          {isDomainShown && (
            <DomainPicker
              isRequired
              placeholder="Select a domain"
              domainId={row.domainId}
              error={problems.shown.domainId}
              onChange={(id) => changeRow(withDomain(row, id))}
            />
          )}
          <Picker
            {...listedTypes}
            label="Entity Type"
            isRequired
            placeholder="Select an entity type"
            isMany={false}
            chosen={types.filter(({ value }) => value === row.entityType)}
            error={problems.shown.entityType}
            onChoose={([choice]) => {
              const chosen = catalogue.entity_types.find(({ name }) => name === choice?.value);
              if (chosen !== undefined) changeRow(withType(row, chosen));
            }}
          />
          <EntitySelect
            row={row}
            type={type}
            isOne
            error={problems.shown.entityId ?? refusalOf("entity_id")}
            onChange={(entityId) => changeRow({ ...row, entityId })}
          />
          <Picker
            {...listedOperations}
            label="Operation"
            isRequired
            isDisabled={type === undefined}
            placeholder="Select an operation"
            isMany={false}
            chosen={operations.filter(({ value }) => row.operations.includes(value))}
            error={problems.shown.operations}
            onChoose={([choice]) =>
              choice !== undefined && changeRow({ ...row, operations: [choice.value] })
            }
          />
          <TextInput
            label="From address"
            placeholder={own === undefined ? "Yours" : `Yours: ${own.address}`}
            value={address}
            error={problems.shown.address ?? refusalOf("context.address")}
            onChange={({ currentTarget: { value } }) => change(() => setAddress(value))}
          />
          <TextInput
            type="datetime-local"
            label="At"
            description="Now, unless you choose a time"
            inputWrapperOrder={["label", "input", "description", "error"]}
            value={time}
            error={problems.shown.time ?? refusalOf("context.time")}
            onChange={({ currentTarget: { value } }) => change(() => setTime(value))}
          />
        </div>
      </Form>
      <div role="status">
        {ask.data !== undefined && <Verdict token={token} answer={ask.data} />}
      </div>
    </Stack>
  );
}

function questionOf(row: ScopeRow, address: string, time: string): TokenQuestion {
  const at = Date.parse(time);
  const context = {
    ...(address.trim() === "" ? {} : { address: address.trim() }),
    ...(Number.isNaN(at) ? {} : { time: new Date(at).toISOString() }),
  };
  return {
    domain_id: row.domainId,
    entity_type: row.entityType,
    entity_id: row.entityId.trim(),
    operation: row.operations[0] ?? "",
    ...(Object.keys(context).length === 0 ? {} : { context }),
  };
}

function problemsOf(row: ScopeRow, question: TokenQuestion) {
  const { entityId, operations, ...others } = rowProblems(row);
  return {
    ...bodyProblems("tokens.explain_draft", { duration: "1m", questions: [question] }, {
      "questions.0.context.address": "address",
      "questions.0.context.time": "time",
    } as const),
    domainId: others.domainId,
    entityType: others.entityType,
    entityId: entityId === undefined ? undefined : "Choose one",
    operations: operations === undefined ? undefined : "Choose what it is to do",
  };
}
