import { lazyPart } from "../../ui/lazy-part.tsx";

/** Loaded when it is asked for: most visits to a list create nothing. */
export const CreateEntityDialog = lazyPart(
  async () => (await import("./create-entity-dialog.tsx")).CreateEntityDialog,
);
