import { ActionIcon, Badge, Code, Group, Text } from "@mantine/core";
import { IconBan, IconCheck, IconChevronDown, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { readWireTime } from "@tessera/sdk";
import { useId, useState } from "react";
import type { AuditRecord } from "../../api/audit.ts";
import { catalogueQuery } from "../../api/catalogue.ts";
import { profileQuery } from "../../api/profile.ts";
import { LinkAnchor } from "../../ui/links.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { eventText } from "../../words/event-text.ts";
import { refusalReason, wantedText } from "../../words/refusal-text.ts";
import { Actor } from "./actor.tsx";
import classes from "./audit.module.css";
import { AuditDetails } from "./audit-details.tsx";
import { AuditObject } from "./audit-object.tsx";
import type { AuditSearch } from "./audit-search.ts";

interface AuditRowProps {
  readonly record: AuditRecord;
  readonly onNarrow: (change: AuditSearch) => void;
}

const looks = {
  allowed: { label: "Done", Icon: IconCheck, color: "gray" },
  refused: { label: "Refused", Icon: IconBan, color: "brick" },
  failed: { label: "Failed", Icon: IconX, color: "ochre" },
} as const;

/** Who did what to what, from where and when; it opens to all that is known of it. */
export function AuditRow({ record, onNarrow }: AuditRowProps) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const [isOpen, setIsOpen] = useState(false);
  const detailsId = useId();
  const what = eventText(record.operation, catalogue);
  const outcome = looks[record.outcome as keyof typeof looks] ?? looks.failed;
  return (
    <li className={classes.row} data-outcome={record.outcome}>
      <div className={classes.head}>
        <div className={classes.what}>
          <Text size="sm" fw={550} component="div">
            {what}
          </Text>
          <Text size="sm" component="div">
            <AuditObject record={record} />
          </Text>
          {record.outcome !== "allowed" && (
            <Group gap={8} mt={4} align="center">
              <Badge
                variant="light"
                color={outcome.color}
                tt="none"
                fw={500}
                miw="max-content"
                leftSection={<outcome.Icon size={13} aria-hidden />}
              >
                {outcome.label}
                {record.count > 1 && ` ${record.count.toLocaleString("en")} times`}
              </Badge>
              <Reason record={record} what={what} />
            </Group>
          )}
        </div>
        <div className={classes.who}>
          <Actor record={record} />
        </div>
        <Text size="sm" c="dimmed" component="div" className={classes.when}>
          <RelativeTime at={readWireTime(record.at)} never="" />
          {record.address !== undefined && <div>from {record.address}</div>}
        </Text>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-expanded={isOpen}
          aria-controls={detailsId}
          aria-label={`Details: ${what}`}
          onClick={() => setIsOpen(!isOpen)}
        >
          <IconChevronDown size={18} aria-hidden className={classes.chevron ?? ""} />
        </ActionIcon>
      </div>
      <div id={detailsId}>{isOpen && <AuditDetails record={record} onNarrow={onNarrow} />}</div>
    </li>
  );
}

/** Why it was refused; of one's own tokens with the way to ask for more. */
function Reason({ record, what }: { readonly record: AuditRecord; readonly what: string }) {
  const { data: self } = useQuery(profileQuery);
  const { actor, reason, operation, object } = record;
  const isOwn = actor.user_id !== undefined && actor.user_id === self?.id;
  const domainId = record.domain_id ?? record.details.domain_id;
  const isAskable =
    isOwn && actor.token_id !== undefined && typeof domainId === "string" && object.type !== "";
  return (
    <Text size="sm" component="div" className={classes.reason}>
      {reason === "scope_missing" ? (
        <>
          because no scope of the token covers it; missing is “{what}”:{" "}
          <Code>
            {wantedText(operation)}:{object.id === "" ? "*" : object.id}
          </Code>
        </>
      ) : (
        reasonText(reason, isOwn)
      )}
      {isAskable && actor.token_id !== undefined && (
        <>
          {" "}
          <LinkAnchor
            to="/pats/$tokenId"
            params={{ tokenId: actor.token_id }}
            search={{
              ask: `${domainId}:${wantedText(operation)}:${object.id === "*" ? "" : object.id}`,
              ...(record.address === undefined ? {} : { address: record.address }),
            }}
            inherit
            underline="always"
          >
            Explain
          </LinkAnchor>
        </>
      )}
    </Text>
  );
}

function reasonText(reason: string | undefined, isOwn: boolean): string {
  if (reason === "owner_lacks_permission" && !isOwn) return "because they may not do it";
  if (reason === "dropped") return "because there were too many at once";
  return refusalReason(reason) ?? (reason === undefined ? "" : `(${reason})`);
}
