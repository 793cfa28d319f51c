import type { CatalogueReply } from "@tessera/sdk";

/** `clients.view` → `View a client`; `undefined` for what is no operation. */
export function summaryOf(
  operation: string,
  catalogue: Pick<CatalogueReply, "entity_types"> | undefined,
): string | undefined {
  const [type, name] = operation.split(".");
  return catalogue?.entity_types
    .find((known) => known.name === type)
    ?.operations.find((known) => known.name === name)?.summary;
}
