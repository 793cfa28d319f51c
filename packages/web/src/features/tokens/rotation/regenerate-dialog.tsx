import { Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../../../api/client.ts";
import { instanceQuery } from "../../../api/instance.ts";
import { rememberSecret } from "../../../api/new-secrets.ts";
import { type Token, tokensKey } from "../../../api/tokens.ts";
import { useChange } from "../../../api/use-change.ts";
import { Dialog } from "../../../ui/dialog.tsx";
import { Form, useProblems } from "../../../ui/form.tsx";
import { Name } from "../../../ui/name.tsx";
import { useClock } from "../../../ui/use-now.ts";
import { type DurationChoice, durationProblem, lifetimeOf } from "../../../words/durations.ts";
import { DurationField } from "../duration-field.tsx";
import { LastUse } from "../last-use.tsx";
import { RotateForm } from "./rotate-form.tsx";

interface RegenerateDialogProps {
  readonly token: Token;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Makes a new secret: for a token that works, beside the one that is in use. */
export function RegenerateDialog({ token, isOpen, onClose }: RegenerateDialogProps) {
  const showSecret = useShownSecret(onClose);
  const Content = token.status === "active" ? RotateForm : ReviveForm;
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Regenerate PAT" size="lg">
      <Content token={token} onClose={onClose} onSecret={showSecret} />
    </Dialog>
  );
}

/** The page of the token shows it. */
function useShownSecret(onClose: () => void) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return async (renewed: { readonly id: string; readonly secret: string }) => {
    rememberSecret(queryClient, renewed);
    onClose();
    await navigate({ to: "/pats/$tokenId", params: { tokenId: renewed.id } });
  };
}

interface ReviveFormProps extends Pick<RegenerateDialogProps, "token" | "onClose"> {
  readonly onSecret: (renewed: { readonly id: string; readonly secret: string }) => Promise<void>;
}

/** For a token that has ended, whose secret nobody can use any more. */
function ReviveForm({ token, onClose, onSecret }: ReviveFormProps) {
  const { data: instance } = useQuery(instanceQuery);
  const clock = useClock();
  const [choice, setChoice] = useState<DurationChoice>({ value: "24h", until: null });
  const problem = durationProblem(
    choice,
    clock(),
    instance?.max_token_lifetime_seconds ?? Number.POSITIVE_INFINITY,
  );
  const regenerate = useChange(
    () => api.tokens.regenerate({ tokenId: token.id, body: lifetimeOf(choice) }),
    { done: null, onDone: onSecret, stale: [tokensKey] },
  );
  const problems = useProblems({ duration: problem });
  return (
    <Form
      change={regenerate}
      verb="Regenerate"
      onClose={onClose}
      closeVerb="Close"
      onSubmit={() => problems.attempt(() => regenerate.mutate())}
    >
      <Text size="sm" component="div">
        <strong>
          <Name>{token.name}</Name>
        </strong>{" "}
        gets a new secret; the old one never works again. Name, description and scopes stay.
        <LastUse token={token} />
      </Text>
      <DurationField choice={choice} error={problems.shown.duration} onChange={setChoice} />
    </Form>
  );
}
