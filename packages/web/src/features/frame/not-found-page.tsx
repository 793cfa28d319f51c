import { IconMoodConfuzed } from "@tabler/icons-react";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LinkButton } from "../../ui/links.tsx";
import { PageHeader } from "../../ui/page-header.tsx";

/** For addresses that lead nowhere. */
export function NotFoundPage() {
  return (
    <>
      <PageHeader title="Not found" crumbs={[{ label: "Not found" }]} />
      <EmptyState
        icon={<IconMoodConfuzed />}
        title="There is no such page"
        description="The address may be mistyped, or the page may have moved."
        action={
          <LinkButton variant="default" to="/">
            Go to the start
          </LinkButton>
        }
      />
    </>
  );
}
