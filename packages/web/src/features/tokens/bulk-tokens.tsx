import { useQuery, useQueryClient } from "@tanstack/react-query";
import { readWireTime } from "@tessera/sdk";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { instanceQuery } from "../../api/instance.ts";
import { forgetTokens, type Token, tokensKey } from "../../api/tokens.ts";
import { BulkDialog } from "../../parts/bulk-dialog.tsx";
import { useClock } from "../../ui/use-now.ts";
import { type DurationChoice, durationProblem, lifetimeOf } from "../../words/durations.ts";
import { DurationField } from "./duration-field.tsx";

/** What can be done to several tokens at once. */
export type BulkAction = "extend" | "revoke" | "delete";

interface BulkTokensProps {
  readonly action: BulkAction;
  readonly tokens: readonly Token[];
  /** Those that it could not be done to. */
  readonly onEnd: (left: readonly Token[]) => void;
  readonly onClose: () => void;
}

/** Extends, revokes or deletes several tokens. */
export function BulkTokens({ action, ...props }: BulkTokensProps) {
  const queryClient = useQueryClient();
  const common = { ...props, items: props.tokens, nameOf, stale: [tokensKey] };
  if (action === "extend") return <ExtendDialog {...props} />;
  if (action === "revoke") {
    return (
      <BulkDialog
        {...common}
        title="Revoke PATs"
        verb="Revoke"
        done="revoked"
        act={({ id }) => api.tokens.revoke({ tokenId: id })}
      >
        They stop working at once, for everything that uses them. <InUse tokens={props.tokens} />
      </BulkDialog>
    );
  }
  return (
    <BulkDialog
      {...common}
      title="Delete PATs"
      verb="Delete"
      done="deleted"
      act={async ({ id }) => {
        await api.tokens.delete({ tokenId: id });
        forgetTokens(queryClient, id);
      }}
    >
      They stop working at once, and their scopes and records of use are gone for good.{" "}
      <InUse tokens={props.tokens} />
    </BulkDialog>
  );
}

const nameOf = ({ name }: Token) => name;
const weekMs = 7 * 86_400_000;

/** Who is hit: how many of them somebody uses. */
function InUse({ tokens }: Pick<BulkTokensProps, "tokens">) {
  const clock = useClock();
  const [now] = useState(clock);
  const used = tokens.filter(
    ({ last_used_at }) => (readWireTime(last_used_at) ?? 0) > now - weekMs,
  ).length;
  if (used === 0) return "None of them was used in the last seven days.";
  return <strong>{used === 1 ? "One was" : `${used} were`} used in the last seven days.</strong>;
}

function ExtendDialog({ tokens, onEnd, onClose }: Omit<BulkTokensProps, "action">) {
  const { data: instance } = useQuery(instanceQuery);
  const clock = useClock();
  const [choice, setChoice] = useState<DurationChoice>({ value: "90d", until: null });
  const [wasTried, setWasTried] = useState(false);
  const problem = durationProblem(
    choice,
    clock(),
    instance?.max_token_lifetime_seconds ?? Number.POSITIVE_INFINITY,
  );
  return (
    <BulkDialog
      title="Extend PATs"
      verb="Extend"
      done="extended"
      isHarmless
      items={tokens}
      nameOf={nameOf}
      stale={[tokensKey]}
      act={({ id }) => api.tokens.extend({ tokenId: id, body: lifetimeOf(choice) })}
      onTry={() => {
        setWasTried(true);
        return problem === undefined;
      }}
      onEnd={onEnd}
      onClose={onClose}
      fields={
        <DurationField
          label="Valid for"
          subject="They"
          choice={choice}
          error={wasTried ? problem : undefined}
          onChange={setChoice}
        />
      }
    >
      They keep their secrets and end later, counted from now. Regenerate those that have ended
      already, or whose secret would get older than this server allows.
    </BulkDialog>
  );
}
