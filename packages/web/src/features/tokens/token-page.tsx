import { Button, Code, Group, Paper, Stack } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useBlocker, useNavigate } from "@tanstack/react-router";
import { allEntities, maximumLength, readWireTime, TesseraError } from "@tessera/sdk";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { isEntityTypeName } from "../../api/entities.ts";
import { entitySearchQuery } from "../../api/entity-lists.ts";
import { instanceQuery } from "../../api/instance.ts";
import { newSecretQuery } from "../../api/new-secrets.ts";
import { type Token, tokenListsKey, tokenQuery, tokenScopesQuery } from "../../api/tokens.ts";
import { useChange } from "../../api/use-change.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { FailurePage } from "../../ui/failure-page.tsx";
import { Field, Fields } from "../../ui/fields.tsx";
import { InlineEdit } from "../../ui/inline-edit.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { LeaveQuestion } from "../../ui/leave-question.tsx";
import { LinkButton } from "../../ui/links.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { useNow } from "../../ui/use-now.ts";
import { chooseChange, chooseExample, curlExample, type Example } from "./curl-example.ts";
import { rotationOf } from "./rotation/rotation-state.ts";
import { type Calls, CurlExample, SecretPanel } from "./secret-panel.tsx";
import { type TokenDialog, TokenDialogs } from "./token-dialogs.tsx";
import { TokenExpiry } from "./token-expiry.tsx";
import { TokenHint } from "./token-hint.tsx";
import { TokenScopes } from "./token-scopes.tsx";
import { shownStatus } from "./token-state.ts";

const route = getRouteApi("/frame/pats/$tokenId");

const RotationNews = lazyPart(
  async () => (await import("./rotation/rotation-news.tsx")).RotationNews,
);
const SecretList = lazyPart(async () => (await import("./rotation/secret-list.tsx")).SecretList);
const TokenConditions = lazyPart(
  async () => (await import("./conditions/token-conditions.tsx")).TokenConditions,
);
const TokenReach = lazyPart(async () => (await import("./reach/token-reach.tsx")).TokenReach);
const TryIt = lazyPart(async () => (await import("./try-it/try-it.tsx")).TryIt);
const TokenUsage = lazyPart(async () => (await import("./usage/token-usage.tsx")).TokenUsage);

export function TokenPage() {
  const { tokenId } = route.useParams();
  const token = useQuery(tokenQuery(tokenId));
  // It may have been deleted since it was read, here or elsewhere.
  const isGone = token.error instanceof TesseraError && token.error.status === 404;
  if (token.data !== undefined && !isGone) return <LoadedTokenPage token={token.data} />;
  if (token.error !== null) {
    return (
      <FailurePage
        error={token.error}
        notFound="There is no such token, or it has been deleted."
        back={{ label: "Personal Access Tokens", to: "/pats" }}
        onRetry={() => void token.refetch()}
      />
    );
  }
  return <LoadingRows />;
}

function LoadedTokenPage({ token }: { token: Token }) {
  const search = route.useSearch();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const now = useNow();
  const [dialog, setDialog] = useState<TokenDialog>();
  const status = shownStatus(token, now);
  const isOver = status === "revoked" || status === "expired";
  const { data: newSecret } = useQuery(newSecretQuery(token.id));
  // Of one that opens nothing any more none is to be kept or tried.
  const secret = isOver ? undefined : newSecret;
  const [copiedSecret, setCopiedSecret] = useState<string>();
  const calls = useCalls(token, secret);
  const isRotated = !isOver && rotationOf(token) !== undefined;
  /** What came of it stays to be read. */
  const [wasRotated, setWasRotated] = useState(isRotated);
  if (isRotated && !wasRotated) setWasRotated(true);
  if (isOver && wasRotated) setWasRotated(false);
  const isUncopied = secret !== undefined && copiedSecret !== secret;
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isUncopied && current.pathname !== next.pathname,
    enableBeforeUnload: () => isUncopied,
    withResolver: true,
  });
  const { mutateAsync: save } = useChange((change: () => Promise<Token>) => change(), {
    done: "Saved",
    stale: [tokenListsKey],
    onDone: (changed) => queryClient.setQueryData(tokenQuery(token.id).queryKey, changed),
  });

  return (
    <>
      <PageHeader
        title={token.name}
        crumbs={[{ label: "Personal Access Tokens", to: "/pats" }, { label: token.name }]}
        actions={
          <>
            <LinkButton to="/pats/audit" search={{ token: token.id }} variant="default">
              What it did
            </LinkButton>
            <Button variant="outline" color="brick" onClick={() => setDialog("delete")}>
              Delete
            </Button>
          </>
        }
      />
      <Stack gap="xl">
        {secret !== undefined && (
          <SecretPanel secret={secret} calls={calls} onCopied={() => setCopiedSecret(secret)} />
        )}
        {wasRotated && <RotationNews token={token} />}
        <Fields>
          <Field label="Name">
            <InlineEdit
              label="Name"
              value={token.name}
              placeholder="Enter name"
              maxLength={maximumLength.tokenName}
              isRequired
              onSave={(name) =>
                save(() =>
                  api.tokens.update_name({ tokenId: token.id, body: { name: name.trim() } }),
                )
              }
            />
          </Field>
          <Field label="ID">
            <Group gap={4}>
              <Code>{token.id}</Code>
              <CopyButton text={token.id} what="ID" />
            </Group>
          </Field>
          <Field label="Token">
            <TokenHint token={token} />
          </Field>
          <Field
            label="Status"
            actions={
              token.status === "active" ? (
                <Group gap="sm">
                  <Button variant="default" onClick={() => setDialog("regenerate")}>
                    Regenerate
                  </Button>
                  <Button color="brick" onClick={() => setDialog("revoke")}>
                    Revoke
                  </Button>
                </Group>
              ) : (
                <Group gap="sm">
                  {token.restorable === true && (
                    <Button onClick={() => setDialog("restore")}>Restore</Button>
                  )}
                  <Button
                    variant={token.restorable === true ? "default" : "filled"}
                    onClick={() => setDialog("regenerate")}
                  >
                    Regenerate
                  </Button>
                </Group>
              )
            }
          >
            <Stack gap={6} align="flex-start">
              <StatusBadge status={status} />
              <span>
                {token.status === "revoked" ? (
                  <>
                    Revoked <RelativeTime at={readWireTime(token.revoked_at)} never="" />
                    {token.restorable === true && ", because your account was disabled"}
                  </>
                ) : (
                  <TokenExpiry token={token} />
                )}
              </span>
            </Stack>
          </Field>
          <Field label="Description">
            <InlineEdit
              label="Description"
              value={token.description}
              placeholder="What's this token for?"
              maxLength={maximumLength.tokenDescription}
              isMultiline
              onSave={(description) =>
                save(() =>
                  api.tokens.update_description({ tokenId: token.id, body: { description } }),
                )
              }
            />
          </Field>
          <Field label="Issued">
            <RelativeTime at={readWireTime(token.issued_at)} never="–" />
          </Field>
        </Fields>
        <TokenScopes token={token} />
        <TokenConditions token={token} />
        {token.scopes_count > 0 && <TokenReach token={token} />}
        {/* Another question is another form. */}
        <TryIt key={search.ask ?? ""} token={token} asked={search} />
        <SecretList token={token} />
        <TokenUsage token={token} />
        {secret === undefined && !isOver && (
          <Paper withBorder p={{ base: "md", sm: "lg" }}>
            <CurlExample calls={calls} />
          </Paper>
        )}
      </Stack>
      <TokenDialogs
        token={token}
        dialog={dialog}
        onClose={() => setDialog(undefined)}
        onDeleted={async () => {
          setCopiedSecret(secret);
          await navigate({ to: "/pats" });
        }}
      />
      <LeaveQuestion blocker={blocker} title="Leave without copying the token?">
        It is shown only this once. Without a copy you would have to regenerate it.
      </LeaveQuestion>
    </>
  );
}

/** Calls that this token allows; with its secret while that is known. */
function useCalls(token: Token, secret = "$TESSERA_TOKEN"): Calls {
  const { data: instance } = useQuery(instanceQuery);
  const { data } = useQuery(tokenScopesQuery(token.id, { limit: 100, offset: 0 }));
  const baseUrl = instance?.public_url || window.location.origin;
  const example = chooseExample(data?.scopes ?? []);
  const change = chooseChange(data?.scopes ?? []);
  const call = curlExample(baseUrl, secret, example, useSomeId(example));
  const ofChange = curlExample(baseUrl, secret, change, useSomeId(change));
  return { call, change: change === undefined ? undefined : ofChange };
}

/** An object that the example can be about, where its scope is for all. */
function useSomeId(example: Example | undefined): string | undefined {
  const { entity_type = "", domain_id = "", entity_id } = example?.scope ?? {};
  const { data: found } = useQuery({
    ...entitySearchQuery(entity_type, domain_id, ""),
    enabled: entity_id === allEntities && isEntityTypeName(entity_type),
  });
  return found?.entities[0]?.id;
}
