import { Button, Code, Group, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { maximumCount, maximumLength, type RequestOf, readWireTime } from "@tessera/sdk";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { type Domain, domainQuery, domainsKey } from "../../api/domains.ts";
import { useRights } from "../../api/rights.ts";
import { staleEverything } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { FailurePage } from "../../ui/failure-page.tsx";
import { Field, Fields } from "../../ui/fields.tsx";
import { InlineEdit } from "../../ui/inline-edit.tsx";
import { JsonEdit } from "../../ui/json-edit.tsx";
import { lazyDialog } from "../../ui/lazy-part.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { LockedNote } from "../../ui/locked-note.tsx";
import { Name } from "../../ui/name.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { TagsEdit } from "../../ui/tags-edit.tsx";

const route = getRouteApi("/frame/domains/$domainId/settings");

const LeaveDomainDialog = lazyDialog(
  async () => (await import("../../parts/leave-domain-dialog.tsx")).LeaveDomainDialog,
);

/** What a domain is, each part changed in its place. */
export function DomainSettingsPage() {
  const { domainId } = route.useParams();
  const domain = useQuery(domainQuery(domainId));
  if (domain.data !== undefined) return <Settings domain={domain.data} />;
  if (domain.error === null) return <LoadingRows />;
  return (
    <FailurePage
      error={domain.error}
      notFound="There is no such domain, or you are no member of it."
      back={{ label: "Domains", to: "/domains" }}
      onRetry={() => void domain.refetch()}
    />
  );
}

function Settings({ domain }: { domain: Domain }) {
  const { id: domainId } = domain;
  const rights = useRights("domains", domainId, domainId);
  const navigate = useNavigate();
  const [isAsking, setIsAsking] = useState(false);
  const [isLeaving, setIsLeaving] = useState(false);
  const ownRole = domain.roles?.[0];
  const isEnabled = domain.status === "enabled";
  const isLocked = !isEnabled || !rights.may("update");
  const lockedBecause = isEnabled ? rights.whyNot("update") : "The domain is disabled";
  const { mutateAsync: update } = useChange(
    (body: RequestOf<"domains.update">["body"]) => api.domains.update({ domainId, body }),
    { done: "Saved", stale: [domainsKey] },
  );
  const setStatus = useChange(() => api.domains[isEnabled ? "disable" : "enable"]({ domainId }), {
    done: `The domain is ${isEnabled ? "disabled" : "enabled"}`,
    onDone: () => setIsAsking(false),
    // A disabled domain closes everything in it.
    stale: staleEverything,
  });
  return (
    <>
      <PageHeader
        title="Domain settings"
        crumbs={[{ label: domain.name, to: `/domains/${domainId}` }, { label: "Settings" }]}
      />
      <Stack gap="xl">
        <LockedNote because={lockedBecause} />
        <Fields>
          <Field label="Name">
            <InlineEdit
              label="Name"
              value={domain.name}
              placeholder="Enter name"
              maxLength={maximumLength.name}
              isRequired
              isLocked={isLocked}
              onSave={(name) => update({ name: name.trim() })}
            />
          </Field>
          <Field label="ID">
            <Group gap={4}>
              <Code>{domainId}</Code>
              <CopyButton text={domainId} what="ID" />
            </Group>
          </Field>
          <Field label="Route">
            <Group gap={4}>
              <Code>
                <Name>{domain.route}</Name>
              </Code>
              <CopyButton text={domain.route} what="route" />
            </Group>
          </Field>
          <Field label="Tags">
            <TagsEdit
              tags={domain.tags}
              atMost={maximumCount.tags}
              isLocked={isLocked}
              onSave={(tags) => update({ tags })}
            />
          </Field>
          <Field label="Metadata">
            <JsonEdit
              label="Metadata"
              value={domain.metadata}
              isLocked={isLocked}
              onSave={(metadata) => update({ metadata })}
            />
          </Field>
          <Field
            label="Status"
            actions={
              rights.may(isEnabled ? "disable" : "enable") && (
                <Button
                  size="xs"
                  {...(isEnabled ? { variant: "outline", color: "brick" } : {})}
                  onClick={() => setIsAsking(true)}
                >
                  {isEnabled ? "Disable" : "Enable"}
                </Button>
              )
            }
          >
            <StatusBadge status={domain.status} />
          </Field>
          {ownRole !== undefined && (
            <Field
              label="Your role"
              actions={
                <Button
                  size="xs"
                  variant="outline"
                  color="brick"
                  onClick={() => setIsLeaving(true)}
                >
                  Leave this domain
                </Button>
              }
            >
              <Name>{ownRole.role_name}</Name>
            </Field>
          )}
          <Field label="Created">
            <Group gap={6}>
              <RelativeTime at={readWireTime(domain.created_at)} never="–" />
              by <PersonLabel userId={domain.created_by} />
            </Group>
          </Field>
          <Field label="Updated">
            <RelativeTime at={readWireTime(domain.updated_at)} never="Not updated yet" />
          </Field>
        </Fields>
      </Stack>
      <LeaveDomainDialog
        isOpen={isLeaving}
        domain={domain}
        onClose={() => setIsLeaving(false)}
        onLeft={() => navigate({ to: "/domains" })}
      />
      <ConfirmDialog
        isOpen={isAsking}
        title={isEnabled ? "Disable domain" : "Enable domain"}
        verb={isEnabled ? "Disable" : "Enable"}
        isHarmless={!isEnabled}
        isPending={setStatus.isPending}
        error={setStatus.error}
        onConfirm={() => setStatus.mutate()}
        onClose={() => setIsAsking(false)}
      >
        {isEnabled ? (
          <>
            Nothing in{" "}
            <strong>
              <Name>{domain.name}</Name>
            </strong>{" "}
            can be used or changed until it is enabled again, by nobody and with no token. Nothing
            is lost.
          </>
        ) : (
          <>
            <strong>
              <Name>{domain.name}</Name>
            </strong>
            , and all that is in it, can be used again.
          </>
        )}
      </ConfirmDialog>
    </>
  );
}
