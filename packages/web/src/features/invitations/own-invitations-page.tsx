import { Box, Button, Group, SegmentedControl } from "@mantine/core";
import { IconMail } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import {
  type Invitation,
  invitationState,
  invitationStates,
  ownInvitationsQuery,
  useAnswerInvitation,
} from "../../api/invitations.ts";
import { ChoiceMenu } from "../../ui/choice-menu.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { LinkButton } from "../../ui/links.tsx";
import { changeSearch, pageOf } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import {
  domainColumn,
  invitationColumns,
  inviteeColumn,
  inviterColumn,
} from "./invitation-columns.tsx";
import { stateLabels } from "./state-labels.ts";

const route = getRouteApi("/frame/invitations");

/** The invitations that a person got, with their answer, and those they sent. */
export function OwnInvitationsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const direction = search.direction ?? "received";
  const state = search.status ?? "all";
  const list = useQuery({
    ...ownInvitationsQuery({ ...pageOf(search), direction, state }),
    placeholderData: keepPreviousData,
  });
  const isReceived = direction === "received";
  return (
    <>
      <PageHeader
        title="Invitations"
        crumbs={[{ label: "Invitations" }]}
        description="To the domains of others, and to yours."
        actions={
          <SegmentedControl
            aria-label="Which invitations"
            value={direction}
            data={[
              { value: "received", label: "Received" },
              { value: "sent", label: "Sent" },
            ]}
            onChange={(value) =>
              void navigate({ search: value === "sent" ? { direction: "sent" } : {} })
            }
          />
        }
      />
      <FailureNotice error={list.error} onRetry={() => void list.refetch()} />
      {list.isPending && <LoadingRows count={3} />}
      {list.data !== undefined && (
        <DataTable
          name={`invitations-${direction}`}
          label={isReceived ? "Received invitations" : "Sent invitations"}
          columns={
            isReceived
              ? [domainColumn, ...invitationColumns, inviterColumn]
              : [inviteeColumn, { ...domainColumn, isFixed: false }, ...invitationColumns]
          }
          rows={list.data.invitations}
          total={list.data.total}
          rowKey={({ domain_id, invitee_user_id }) => domain_id + invitee_user_id}
          search={search}
          onSearch={(next) => void navigate({ search: next })}
          isStale={list.isPlaceholderData}
          hasWideActions
          toolbar={
            <>
              <Box flex={1} />
              <ChoiceMenu
                label="Status"
                value={state}
                choices={invitationStates.map((value) => ({ value, label: stateLabels[value] }))}
                onChange={(value) =>
                  void navigate({
                    search: changeSearch(search, {
                      direction: search.direction,
                      status: value === "all" ? undefined : value,
                    }),
                  })
                }
              />
            </>
          }
          {...(isReceived
            ? { actions: (invitation: Invitation) => <Answer invitation={invitation} /> }
            : {})}
          empty={
            <EmptyState
              icon={<IconMail />}
              title={isReceived ? "No invitations for you" : "No invitations from you"}
              description={
                isReceived
                  ? "When somebody invites you to their domain, you find it here."
                  : "Invite people from the page of a domain."
              }
            />
          }
        />
      )}
    </>
  );
}

function Answer({ invitation }: { invitation: Invitation }) {
  const answer = useAnswerInvitation();
  const { domain_id: domainId, domain_name: domainName } = invitation;
  const state = invitationState(invitation);
  if (state === "accepted") {
    return (
      <LinkButton variant="default" size="xs" to="/domains/$domainId" params={{ domainId }}>
        Enter
      </LinkButton>
    );
  }
  if (state === "rejected") return null;
  const give = (chosen: "accept" | "reject") =>
    answer.mutate({ domainId, domainName, answer: chosen });
  return (
    <>
      <Group gap={6} justify="flex-end" wrap="nowrap">
        <Button size="xs" loading={answer.isPending} onClick={() => give("accept")}>
          Accept
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={answer.isPending}
          onClick={() => give("reject")}
        >
          Reject
        </Button>
      </Group>
      <FailureNotice error={answer.error} />
    </>
  );
}
