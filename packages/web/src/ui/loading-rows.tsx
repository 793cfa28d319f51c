import { Paper, Skeleton, Stack, VisuallyHidden } from "@mantine/core";

/** Holds the place of rows that are on their way. */
export function LoadingRows({ count = 5 }: { count?: number }) {
  return (
    <Paper withBorder p="md" aria-busy="true">
      <VisuallyHidden role="status">Loading</VisuallyHidden>
      <Stack gap="md">
        {Array.from({ length: count }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: bars that are all the same have nothing else.
          <Skeleton key={index} h={22} radius="sm" />
        ))}
      </Stack>
    </Paper>
  );
}

/** Holds the place of a page of which nothing is known yet. */
export function LoadingPage() {
  return (
    <>
      <VisuallyHidden component="h1">Page on its way</VisuallyHidden>
      <Skeleton h={30} w={220} mb="lg" radius="sm" />
      <LoadingRows />
    </>
  );
}
