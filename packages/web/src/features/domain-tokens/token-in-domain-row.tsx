import { Badge, Code, Text } from "@mantine/core";
import { readWireTime } from "@tessera/sdk";
import type { ScopeInDomain, TokenInDomain } from "../../api/domain-tokens.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { counted } from "../../words/counted.ts";
import classes from "./domain-tokens.module.css";

/** So few objects could be named one by one: it is what a proposal for the token would do. */
const fewObjects = 20;

/** Whose token it is, how to recognise it, and each of its scopes here with its use. */
export function TokenInDomainRow({ token }: { readonly token: TokenInDomain }) {
  const usedAt = readWireTime(token.last_used_at);
  const more = token.scopes_count - token.scopes.length;
  return (
    <li className={classes.token}>
      <div className={classes.owner}>
        <Text size="sm" fw={550} component="div">
          <PersonLabel userId={token.user_id} />
        </Text>
        <Code>
          {token.starts_with}…{token.ends_with}
        </Code>
        <Text size="sm" c="dimmed" component="div">
          {usedAt === null ? (
            <>
              Never used here; got its scopes{" "}
              <RelativeTime at={readWireTime(token.since)} never="" />
            </>
          ) : (
            <>
              Last used here <RelativeTime at={usedAt} never="" />
            </>
          )}
        </Text>
      </div>
      <ul className={classes.scopes} aria-label="Its scopes here">
        {token.scopes.map((scope) => (
          <li
            key={`${scope.entity_type} ${scope.operation} ${scope.entity_id}`}
            className={classes.scope}
          >
            <Code className={classes.scopeText}>
              {scope.entity_type}:{scope.operation}:{scope.entity_id}
            </Code>
            <ScopeUse scope={scope} />
          </li>
        ))}
        {more > 0 && (
          <li>
            <Text size="sm" c="dimmed">
              and {more.toLocaleString("en")} more
            </Text>
          </li>
        )}
      </ul>
    </li>
  );
}

function ScopeUse({ scope }: { readonly scope: ScopeInDomain }) {
  const usedAt = readWireTime(scope.last_used_at);
  const objects = scope.objects_used ?? 0;
  const areFew = objects > 0 && objects <= fewObjects;
  return (
    <Text size="sm" c="dimmed" component="span" className={classes.use}>
      {usedAt === null ? (
        <Badge variant="light" color="gray" tt="none">
          never used
        </Badge>
      ) : (
        <RelativeTime at={usedAt} never="" />
      )}
      {areFew && (
        <Badge variant="light" color="ochre" tt="none">
          only on {counted(objects, "object")}
        </Badge>
      )}
    </Text>
  );
}
