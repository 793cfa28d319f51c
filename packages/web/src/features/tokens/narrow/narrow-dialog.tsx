import { useQuery } from "@tanstack/react-query";
import { readWireTime, TesseraError } from "@tessera/sdk";
import { useState } from "react";
import { api } from "../../../api/client.ts";
import { proposalQuery } from "../../../api/token-proposal.ts";
import { type Token, tokensKey } from "../../../api/tokens.ts";
import { useChange } from "../../../api/use-change.ts";
import { Dialog } from "../../../ui/dialog.tsx";
import { FailureNotice } from "../../../ui/failure-notice.tsx";
import { Form } from "../../../ui/form.tsx";
import { LoadingRows } from "../../../ui/loading-rows.tsx";
import { Picker } from "../../../ui/picker.tsx";
import { useListed } from "../../../ui/use-listed.ts";
import { Narrowed } from "./narrowed.tsx";
import { ProposalText } from "./proposal-text.tsx";

const windows = [
  { value: "30d", label: "the last 30 days" },
  { value: "90d", label: "the last 90 days" },
  { value: "180d", label: "the last 180 days" },
  { value: "365d", label: "the last year" },
];

interface NarrowDialogProps {
  readonly token: Token;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Fewer scopes by what the token really did: what would change, the proof, and the way back. */
export function NarrowDialog({ token, isOpen, onClose }: NarrowDialogProps) {
  return (
    // Nothing is lost when it is closed.
    <Dialog isOpen={isOpen} isSent onClose={onClose} title="Narrow the scopes" size={720}>
      <NarrowForm token={token} onClose={onClose} />
    </Dialog>
  );
}

function NarrowForm({ token, onClose }: Pick<NarrowDialogProps, "token" | "onClose">) {
  const [window, setWindow] = useState("90d");
  const [undoUntil, setUndoUntil] = useState<number | null>(null);
  const proposal = useQuery(proposalQuery(token.id, window));
  const listed = useListed(windows, "Choose one of these");
  const apply = useChange(
    (etag: string) => api.tokens.apply_proposal({ tokenId: token.id, body: { etag, window } }),
    {
      done: null,
      stale: [tokensKey],
      onDone: ({ undo_until }) => setUndoUntil(readWireTime(undo_until)),
      // Something else happened meanwhile: what is shown is read anew before it is applied.
      onFailed: (error) => {
        if (error instanceof TesseraError && error.status === 409) void proposal.refetch();
      },
    },
  );
  const { data } = proposal;
  const undo = data?.undo;
  const until = undoUntil ?? readWireTime(undo?.until);
  if (undoUntil !== null && until !== null) {
    return <Narrowed token={token} until={until} isJustDone onClose={onClose} />;
  }
  const isChange = data !== undefined && data.dropped.length + data.narrowed.length > 0;
  return (
    <>
      {until !== null && <Narrowed token={token} until={until} onClose={onClose} />}
      <Form
        change={apply}
        verb="Apply"
        isDisabled={!isChange || proposal.isFetching}
        onClose={onClose}
        closeVerb={data === undefined || isChange ? "Cancel" : "Close"}
        onSubmit={() => data !== undefined && apply.mutate(data.etag)}
      >
        <Picker
          {...listed}
          label="By what it did in"
          placeholder="Select a time"
          maxWidth={260}
          isMany={false}
          chosen={windows.filter(({ value }) => value === window)}
          onChoose={([chosen]) => {
            if (chosen === undefined) return;
            setWindow(chosen.value);
            if (apply.isError) apply.reset();
          }}
        />
        <FailureNotice error={proposal.error} onRetry={() => void proposal.refetch()} />
        {proposal.isPending && <LoadingRows count={3} />}
        {data !== undefined && <ProposalText token={token} proposal={data} />}
      </Form>
    </>
  );
}
