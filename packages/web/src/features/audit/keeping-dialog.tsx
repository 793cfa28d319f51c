import { Text, TextInput } from "@mantine/core";
import type { ReplyTo } from "@tessera/sdk";
import { useState } from "react";
import { auditKey } from "../../api/audit.ts";
import { bodyProblems } from "../../api/body-problems.ts";
import { api } from "../../api/client.ts";
import { useChange } from "../../api/use-change.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Form, useProblems } from "../../ui/form.tsx";
import { wholeNumber } from "../../words/whole-number.ts";

type Keeping = ReplyTo<"audit.view_keeping">;

interface KeepingDialogProps {
  readonly domainId: string;
  readonly keeping: Keeping;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Keeps a domain's records for longer than the server does. */
export function KeepingDialog(props: KeepingDialogProps) {
  return (
    <Dialog isOpen={props.isOpen} onClose={props.onClose} title="How long records are kept">
      <KeepingForm {...props} />
    </Dialog>
  );
}

function KeepingForm({ domainId, keeping, onClose }: KeepingDialogProps) {
  const [text, setText] = useState(keeping.keep_days === null ? "" : String(keeping.keep_days));
  const days = text.trim() === "" ? null : wholeNumber(text);
  const least = keeping.least_days.toLocaleString("en");
  const save = useChange(() => api.audit.update_keeping({ domainId, body: { keep_days: days } }), {
    done: (_, { kept_days }) => `Records are kept for ${kept_days.toLocaleString("en")} days now`,
    stale: [auditKey],
    onDone: onClose,
  });
  const problems = useProblems({ days: problemOf(days, keeping.least_days) });
  return (
    <Form
      change={save}
      verb="Save"
      onClose={onClose}
      onSubmit={() => problems.attempt(() => save.mutate())}
    >
      <TextInput
        label="Days"
        description={`At least ${least}. Empty: as long as this server keeps the records of every domain, now ${least} days`}
        placeholder={String(keeping.least_days)}
        inputMode="numeric"
        data-autofocus
        value={text}
        error={problems.shown.days}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Text size="sm" c="dimmed">
        Older records are removed once a day, and do not come back. The change is on record itself.
      </Text>
    </Form>
  );
}

/** `null`: nothing is entered. */
function problemOf(days: number | null, least: number): string | undefined {
  if (days === null) return undefined;
  if (Number.isNaN(days)) return "Enter a number of days, or nothing";
  if (days < least) return `Enter at least ${least.toLocaleString("en")}, or nothing`;
  return bodyProblems("audit.update_keeping", { keep_days: days }, { keep_days: "days" }).days;
}
