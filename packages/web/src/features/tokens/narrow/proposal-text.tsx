import { Alert, List, Stack, Text, Title } from "@mantine/core";
import { IconShieldCheck, IconShieldX } from "@tabler/icons-react";
import { useQueries, useQuery } from "@tanstack/react-query";
import { allEntities, readWireTime, type ScopeWire } from "@tessera/sdk";
import type { ReactNode } from "react";
import { catalogueQuery } from "../../../api/catalogue.ts";
import { listedEntityQuery } from "../../../api/entity-lists.ts";
import { scopeKey } from "../../../api/scope-key.ts";
import type { Proposal } from "../../../api/token-proposal.ts";
import { allScopesQuery, type Token } from "../../../api/tokens.ts";
import { Name } from "../../../ui/name.tsx";
import { RelativeTime } from "../../../ui/relative-time.tsx";
import { dayText } from "../../../words/time-text.ts";
import classes from "./narrow.module.css";
import { proofText, serverText } from "./proof-text.ts";

interface ProposalTextProps {
  readonly token: Pick<Token, "id" | "issued_at">;
  readonly proposal: Proposal;
}

/** The proof first, then what goes, what gets smaller, and what stays for a reason. */
export function ProposalText({ token, proposal }: ProposalTextProps) {
  const { dropped, narrowed, not_narrowed, not_judged, longest_gap, notes, proof } = proposal;
  const isChange = dropped.length + narrowed.length > 0;
  const isNoneJudged = not_judged.length > 0 && not_judged.length === proposal.scopes_now.length;
  const isSafe = proof.would_refuse === 0;
  const describe = useScopeTexts(token.id);
  return (
    <Stack gap="md">
      <Alert
        role="presentation"
        color={isNoneJudged ? "gray" : isSafe ? "verdigris" : "brick"}
        icon={isSafe ? <IconShieldCheck aria-hidden /> : <IconShieldX aria-hidden />}
        title={
          isChange
            ? proofText(proof)
            : isNoneJudged
              ? "Nothing can be judged yet"
              : "There is nothing to narrow"
        }
      >
        {isChange ? (
          "Each use that is on record was decided again, as if the token had these scopes."
        ) : isNoneJudged ? (
          <>
            The token was made <RelativeTime at={readWireTime(token.issued_at)} never="" />. A scope
            is judged once it is as old as the time above; a shorter time judges it sooner.
          </>
        ) : (
          "As far as its uses show, it needs all scopes that can be judged."
        )}
      </Alert>
      <Part
        title="Dropped"
        kind="dropped"
        items={dropped.map(({ scope, why }) => line(describe(scope), why))}
      />
      <Part
        title="Narrowed"
        kind="narrowed"
        items={narrowed.map(({ scope, to, why }) =>
          line(
            <>
              {describe(scope)} → only <ObjectNames scope={scope} ids={to} />
            </>,
            why,
          ),
        )}
      />
      <Part
        title="Kept on all objects"
        items={not_narrowed.map(({ scope, why }) => line(describe(scope), why))}
      />
      <Part
        title="Not judged, and kept"
        items={not_judged.map(({ scope, why }) => line(describe(scope), why))}
      />
      {(longest_gap !== undefined || notes.length > 0) && isChange && (
        <div>
          <Title order={3} mb={4}>
            Before you apply it
          </Title>
          <List size="sm">
            {longest_gap !== undefined && (
              <List.Item>
                The longest time without a use was {longest_gap.days}{" "}
                {longest_gap.days === 1 ? "day" : "days"}, from {dayText(longest_gap.from)} to{" "}
                {dayText(longest_gap.to)}. Does it do some work less often than that?
              </List.Item>
            )}
            {notes.map((note) => (
              <List.Item key={note}>{serverText(note)}</List.Item>
            ))}
          </List>
        </div>
      )}
    </Stack>
  );
}

interface Line {
  readonly what: ReactNode;
  readonly why: string;
}

interface PartProps {
  readonly title: string;
  readonly kind?: "dropped" | "narrowed";
  readonly items: readonly Line[];
}

function Part({ title, kind, items }: PartProps) {
  if (items.length === 0) return null;
  return (
    <section aria-label={title}>
      <Title order={3} mb={4}>
        {title}
      </Title>
      <ul className={classes.lines} data-kind={kind}>
        {items.map(({ what, why }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a proposal never move.
          <li key={index} className={classes.line}>
            <Text size="sm" component="div">
              {what}
            </Text>
            <Text size="xs" c="dimmed">
              {serverText(why)}
            </Text>
          </li>
        ))}
      </ul>
    </section>
  );
}

function line(what: ReactNode, why: string): Line {
  return { what, why };
}

/** What a scope of the token allows, in words, and on which object. */
function useScopeTexts(tokenId: string): (scope: ScopeWire) => ReactNode {
  const { data: catalogue } = useQuery(catalogueQuery);
  const { data: scopes = [] } = useQuery(allScopesQuery(tokenId));
  const known = new Map(scopes.map((scope) => [scopeKey(scope), scope]));
  return (scope) => {
    const type = catalogue?.entity_types.find(({ name }) => name === scope.entity_type);
    const summary = type?.operations.find(({ name }) => name === scope.operation)?.summary;
    const named = known.get(scopeKey(scope));
    const object =
      scope.entity_id === allEntities ? (
        `every ${type?.singular ?? scope.entity_type}`
      ) : (
        <Name>{named?.entity_name || named?.domain_name || scope.entity_id}</Name>
      );
    return (
      <>
        <strong>{summary ?? scope.operation}</strong>: {object}
      </>
    );
  };
}

function ObjectNames({
  scope,
  ids,
}: {
  readonly scope: ScopeWire;
  readonly ids: readonly string[];
}) {
  const found = useQueries({
    queries: ids.map((id) => listedEntityQuery(scope.entity_type, scope.domain_id, id)),
  });
  return ids.map((id, index) => (
    <span key={id}>
      {index > 0 && ", "}
      <Name>{found[index]?.data?.name || id}</Name>
    </span>
  ));
}
