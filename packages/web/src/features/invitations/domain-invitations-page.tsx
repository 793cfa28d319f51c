import { Box, Button, Group } from "@mantine/core";
import { IconMail, IconPlus } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { domainQuery } from "../../api/domains.ts";
import {
  domainInvitationsQuery,
  type Invitation,
  invitationState,
  invitationStates,
  invitationsKey,
} from "../../api/invitations.ts";
import { useRights } from "../../api/rights.ts";
import { useChange } from "../../api/use-change.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import { ChoiceMenu } from "../../ui/choice-menu.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { ListFailure } from "../../ui/list-failure.tsx";
import { changeSearch, pageOf } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { invitationColumns, inviteeColumn, inviterColumn } from "./invitation-columns.tsx";
import { SendInvitationsDialog } from "./send-invitations-dialog.tsx";
import { stateLabels } from "./state-labels.ts";

const route = getRouteApi("/frame/domains/$domainId/invitations");

/** Who is invited to a domain, sending, renewing and taking back. */
export function DomainInvitationsPage() {
  const { domainId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: domain } = useQuery(domainQuery(domainId));
  const rights = useRights("domains", domainId, domainId);
  const [isSending, setIsSending] = useState(false);
  const [deleted, setDeleted] = useState<Invitation>();
  const [isDeleteOpen, setIsDeleteOpen] = useState(false);
  const state = search.status ?? "pending";
  const list = useQuery({
    ...domainInvitationsQuery(domainId, { ...pageOf(search), state }),
    placeholderData: keepPreviousData,
  });
  const remove = useChange(
    (userId: string) => api.invitations.delete({ domainId, body: { user_id: userId } }),
    {
      done: "The invitation is deleted",
      onDone: () => setIsDeleteOpen(false),
      stale: [invitationsKey],
    },
  );
  const renew = useChange(
    ({ invitee_user_id, role_id }: Invitation) =>
      api.invitations.send({ domainId, body: { invitee_user_id, role_id, resend: true } }),
    { done: "The invitation is sent again", stale: [invitationsKey] },
  );
  const sendButton = rights.may("send_invitation") && (
    <Button leftSection={<IconPlus size={17} aria-hidden />} onClick={() => setIsSending(true)}>
      Send Invitation
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Invitations"
        crumbs={[
          { label: domain?.name ?? "Domain", to: `/domains/${domainId}` },
          { label: "Invitations" },
        ]}
        description="Who is invited to this domain, and what they answered."
        actions={sendButton}
      />
      <ListFailure
        error={list.error}
        refused="Your role does not show you the invitations"
        onRetry={() => void list.refetch()}
      />
      <FailureNotice error={renew.error} />
      {list.isPending && <LoadingRows count={3} />}
      {list.data !== undefined && (
        <DataTable
          name="domain-invitations"
          label="Invitations"
          columns={[inviteeColumn, ...invitationColumns, inviterColumn]}
          rows={list.data.invitations}
          total={list.data.total}
          rowKey={({ invitee_user_id }) => invitee_user_id}
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
                      status: value === "pending" ? undefined : value,
                    }),
                  })
                }
              />
            </>
          }
          actions={(invitation) => {
            const answer = invitationState(invitation);
            return (
              <Group gap={6} justify="flex-end" wrap="nowrap">
                {answer !== "accepted" && rights.may("send_invitation") && (
                  <Button
                    variant="default"
                    size="xs"
                    loading={renew.isPending && renew.variables === invitation}
                    onClick={() => renew.mutate(invitation)}
                  >
                    Resend
                  </Button>
                )}
                {answer === "pending" && rights.may("delete_invitation") && (
                  <Button
                    variant="outline"
                    color="brick"
                    size="xs"
                    onClick={() => {
                      setDeleted(invitation);
                      setIsDeleteOpen(true);
                    }}
                  >
                    Delete
                  </Button>
                )}
              </Group>
            );
          }}
          empty={
            <EmptyState
              icon={<IconMail />}
              title={state === "all" ? "No invitations" : `No ${state} invitations`}
              description={
                rights.may("send_invitation") ? "Invite somebody to work in this domain." : ""
              }
              action={sendButton}
            />
          }
        />
      )}
      <SendInvitationsDialog
        domainId={domainId}
        isOpen={isSending}
        onClose={() => setIsSending(false)}
      />
      <ConfirmDialog
        isOpen={isDeleteOpen}
        title="Delete invitation"
        verb="Delete"
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => deleted !== undefined && remove.mutate(deleted.invitee_user_id)}
        onClose={() => setIsDeleteOpen(false)}
      >
        {deleted !== undefined && <PersonLabel userId={deleted.invitee_user_id} />} cannot accept it
        any more.
      </ConfirmDialog>
    </>
  );
}
