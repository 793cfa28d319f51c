import { Button } from "@mantine/core";
import { IconLock, IconMoodConfuzed, IconPlugConnectedX } from "@tabler/icons-react";
import { absenceOf, comesBackText, failureText, isServerAway } from "../words/failure-text.ts";
import { EmptyState } from "./empty-state.tsx";
import { LinkButton } from "./links.tsx";
import { PageHeader } from "./page-header.tsx";

interface FailurePageProps {
  readonly error: unknown;
  /** What to say when there is no such thing. */
  readonly notFound: string;
  readonly back: { readonly label: string; readonly to: string };
  readonly onRetry: () => void;
}

/** Stands for a page that cannot be shown: not there, not allowed, or not to be had now. */
export function FailurePage({ error, notFound, back, onRetry }: FailurePageProps) {
  const absence = absenceOf(error);
  const backButton = (
    <LinkButton variant="default" to={back.to}>
      Go to {back.label}
    </LinkButton>
  );
  if (absence === "not_found") {
    return (
      <>
        <PageHeader title="Not found" crumbs={[{ label: "Not found" }]} />
        <EmptyState
          icon={<IconMoodConfuzed />}
          title="There is nothing here"
          description={notFound}
          action={backButton}
        />
      </>
    );
  }
  if (absence !== undefined) {
    const isDisabled = absence === "disabled";
    return (
      <>
        <PageHeader title="No access" crumbs={[{ label: "No access" }]} />
        <EmptyState
          icon={<IconLock />}
          title={isDisabled ? "This domain is disabled" : "You have no access to this"}
          description={
            isDisabled
              ? "Nothing of it is lost. An administrator of the domain can enable it again."
              : "Ask an administrator of the domain for a role that allows it."
          }
          action={backButton}
        />
      </>
    );
  }
  const { title, advice } = failureText(error);
  return (
    <>
      <PageHeader title="Cannot be shown" crumbs={[{ label: "Cannot be shown" }]} />
      <EmptyState
        icon={<IconPlugConnectedX />}
        title={title}
        description={isServerAway(error) ? comesBackText : advice}
        action={<Button onClick={onRetry}>Try again</Button>}
      />
    </>
  );
}
