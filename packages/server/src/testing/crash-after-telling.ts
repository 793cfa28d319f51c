import { createDelivery, type DeliveryDeps, type OutboxTarget } from "../changes/deliver.ts";

/** Tells what waits as a server does that ends before it notes that it has told; resolves once something was told. */
export async function crashAfterTelling(
  deps: DeliveryDeps,
  targets: readonly OutboxTarget[],
): Promise<void> {
  const told = Promise.withResolvers<void>();
  const crashing = createDelivery(
    deps,
    targets.map((target) => ({
      ...target,
      tell: async (...one) => {
        await target.tell(...one);
        told.resolve();
        await new Promise(() => {});
      },
    })),
  );
  void crashing();
  await told.promise;
}
