import { Code, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { AuditRecord } from "../../api/audit.ts";
import { profileQuery } from "../../api/profile.ts";
import { tokenQuery } from "../../api/tokens.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { Name } from "../../ui/name.tsx";

/** Who it was, and by which token. */
export function Actor({ record }: { readonly record: AuditRecord }) {
  const { kind, user_id, token_id } = record.actor;
  return (
    <>
      <Text size="sm" component="div">
        {user_id === undefined || kind === "anonymous" ? (
          nobodyText(kind)
        ) : (
          <PersonLabel userId={user_id} />
        )}
      </Text>
      {token_id !== undefined && <ByToken record={record} tokenId={token_id} />}
    </>
  );
}

function nobodyText(kind: string): string {
  return kind === "system" ? "Tessera itself" : "Somebody who was not signed in";
}

/** One's own token by its name; of others' no more is told than that it was one. */
function ByToken({ record, tokenId }: { readonly record: AuditRecord; readonly tokenId: string }) {
  const { data: self } = useQuery(profileQuery);
  const isOwn = self?.id === record.actor.user_id;
  const { data: token } = useQuery({ ...tokenQuery(tokenId), enabled: isOwn });
  return (
    <Text size="sm" c="dimmed" component="div" style={{ overflowWrap: "anywhere" }}>
      with the token{" "}
      {token === undefined ? (
        <Name>{record.actor.token_name ?? `${tokenId.slice(0, 8)}…`}</Name>
      ) : (
        <LinkAnchor to="/pats/$tokenId" params={{ tokenId }} inherit underline="always">
          <Name>{token.name}</Name>
        </LinkAnchor>
      )}
    </Text>
  );
}

/** An id in the middle of text. */
export function Id({ children }: { readonly children: string }) {
  return <Code style={{ overflowWrap: "anywhere" }}>{children}</Code>;
}
