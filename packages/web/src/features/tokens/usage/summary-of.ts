import type { CatalogueReply } from "../../../api/catalogue.ts";

/** `clients.view` → `View a client`; `undefined` for what is no operation. */
export function summaryOf(
  operation: string,
  catalogue: CatalogueReply | undefined,
): string | undefined {
  const [type, name] = operation.split(".");
  return catalogue?.entity_types
    .find((known) => known.name === type)
    ?.operations.find((known) => known.name === name)?.summary;
}
