import { useQuery } from "@tanstack/react-query";
import type { ScopeWire } from "@tessera/sdk";
import { useState } from "react";
import { type CatalogueType, catalogueQuery } from "../../api/catalogue.ts";
import { api } from "../../api/client.ts";
import { firstDomainQuery } from "../../api/domains.ts";
import { type Token, tokensKey } from "../../api/tokens.ts";
import { useChange } from "../../api/use-change.ts";
import { useCurrentDomain } from "../../parts/current-domain.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Form } from "../../ui/form.tsx";
import { isolated } from "../../words/foreign-text.ts";
import { ScopeTextField } from "./creation/scope-text-field.tsx";
import { LiveMosaic } from "./mosaic/live-mosaic.tsx";
import {
  emptyRow,
  isUntouched,
  rowProblems,
  rowsOf,
  type ScopeRow,
  scopesOf,
  withToggled,
} from "./scope-rows.ts";
import { ScopeRowsEditor } from "./scope-rows-editor.tsx";

interface AddScopeDialogProps {
  readonly token: Pick<Token, "id" | "name">;
  /** The type and the operation that it begins with. */
  readonly begin?: { readonly type: CatalogueType; readonly operation: string } | undefined;
  /** Instead of that, the whole scope. */
  readonly scope?: ScopeWire | undefined;
  readonly isOpen: boolean;
  /** Hears the first operation that was added, `clients.view`. */
  readonly onAdded?: (operation: string) => void;
  readonly onClose: () => void;
}

/** Gives a token more scopes, all at once or none. */
export function AddScopeDialog({
  token,
  begin,
  scope,
  isOpen,
  onAdded,
  onClose,
}: AddScopeDialogProps) {
  const { domain, isPending } = useCurrentDomain();
  const domains = useQuery(firstDomainQuery);
  const domainId = domain?.id ?? domains.data?.first?.id ?? "";
  const catalogue = useQuery(catalogueQuery);
  // What opens unready would give its first focus to the close button.
  const isReady = !isPending && !domains.isPending && !catalogue.isPending;
  return (
    <Dialog isOpen={isOpen && isReady} onClose={onClose} title="Add scope" size={960}>
      <AddScopeForm
        token={token}
        rows={() => {
          if (scope !== undefined && catalogue.data !== undefined) {
            return rowsOf([scope], catalogue.data);
          }
          return begin === undefined
            ? [emptyRow([], domainId)]
            : withToggled([], domainId, begin.type, begin.operation);
        }}
        domainId={domainId}
        onAdded={onAdded}
        onClose={onClose}
      />
    </Dialog>
  );
}

interface AddScopeFormProps extends Pick<AddScopeDialogProps, "token" | "onClose"> {
  readonly onAdded: AddScopeDialogProps["onAdded"] | undefined;
  readonly domainId: string;
  /** What it begins with. */
  readonly rows: () => readonly ScopeRow[];
}

function AddScopeForm({ token, domainId, rows: initial, onAdded, onClose }: AddScopeFormProps) {
  const [rows, setRows] = useState(initial);
  const [wasTried, setWasTried] = useState(false);
  const add = useChange(
    () => api.tokens.add_scopes({ tokenId: token.id, body: { scopes: scopesOf(rows) } }),
    {
      done: `“${isolated(token.name)}” has new scopes`,
      onDone: () => {
        onClose();
        const [first] = scopesOf(rows);
        if (first !== undefined) onAdded?.(`${first.entity_type}.${first.operation}`);
      },
      stale: [tokensKey],
    },
  );
  const touched = rows.filter((row) => !isUntouched(row));
  const isComplete =
    touched.length > 0 && touched.every((row) => Object.keys(rowProblems(row)).length === 0);
  const submit = () => {
    setWasTried(true);
    if (touched.length > 0) setRows(touched);
    if (isComplete) add.mutate();
  };
  return (
    <Form change={add} verb="Add" onClose={onClose} onSubmit={submit}>
      <ScopeRowsEditor
        rows={rows}
        domainId={domainId}
        areProblemsShown={wasTried}
        onChange={setRows}
      />
      <ScopeTextField rows={rows} domainId={domainId} onChange={setRows} />
      <LiveMosaic rows={rows} domainId={domainId} onChange={setRows} />
    </Form>
  );
}
