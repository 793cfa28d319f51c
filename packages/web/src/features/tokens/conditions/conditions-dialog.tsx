import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../../api/client.ts";
import { type Token, tokenListsKey, tokenQuery } from "../../../api/tokens.ts";
import { useChange } from "../../../api/use-change.ts";
import { Dialog } from "../../../ui/dialog.tsx";
import { Form, useProblems } from "../../../ui/form.tsx";
import {
  changeOf,
  conditionsOf,
  draftOf,
  localTimezone,
  problemsOf,
  refusedMember,
} from "./condition-draft.ts";
import { ConditionFields } from "./condition-fields.tsx";

interface ConditionsDialogProps {
  readonly token: Token;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Changes where, when and how often a token works. */
export function ConditionsDialog({ token, isOpen, onClose }: ConditionsDialogProps) {
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title="Only from · only when · only so often"
      size={720}
    >
      <ConditionsForm token={token} onClose={onClose} />
    </Dialog>
  );
}

function ConditionsForm({ token, onClose }: Pick<ConditionsDialogProps, "token" | "onClose">) {
  const queryClient = useQueryClient();
  /** What this form began with, whatever the page reads meanwhile. */
  const [before] = useState(token.conditions);
  const [draft, setDraft] = useState(() => draftOf(before, localTimezone()));
  const body = changeOf(before, conditionsOf(draft, before));
  const save = useChange(() => api.tokens.update_conditions({ tokenId: token.id, body }), {
    done: "Saved. It counts from the next request on",
    stale: [tokenListsKey],
    onDone: (changed) => {
      queryClient.setQueryData(tokenQuery(token.id).queryKey, changed);
      onClose();
    },
  });
  const problems = useProblems(problemsOf(draft));
  const refused = refusedMember(save.error);
  return (
    <Form
      change={save}
      verb="Save"
      onClose={onClose}
      isFailureSaid={Object.keys(refused).length > 0}
      onSubmit={() =>
        problems.attempt(() => (Object.keys(body).length === 0 ? onClose() : save.mutate()))
      }
    >
      <ConditionFields
        tokenId={token.id}
        draft={draft}
        problems={{ ...refused, ...problems.shown }}
        onChange={(changed) => {
          if (save.isError) save.reset();
          setDraft(changed);
        }}
      />
    </Form>
  );
}
