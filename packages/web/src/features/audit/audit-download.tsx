import { Button, Menu, Stack } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type AuditFormat, type AuditPlace, auditFormats, exportAudit } from "../../api/audit.ts";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { offerDownload } from "../../ui/offer-download.ts";
import type { AuditSearch } from "./audit-search.ts";

const formats = {
  jsonl: { label: "JSON lines, which can be verified", file: "audit.jsonl" },
  csv: { label: "CSV, for a spreadsheet", file: "audit.csv" },
  ocsf: { label: "OCSF 1.6.0, as JSON lines", file: "audit-ocsf.jsonl" },
  cef: { label: "CEF, for a security information system", file: "audit.cef" },
} as const;

interface AuditDownloadProps {
  readonly place: AuditPlace;
  readonly search: AuditSearch;
}

/** Gives the person all records of the filter as a file. */
export function AuditDownload({ place, search }: AuditDownloadProps) {
  const download = useMutation({
    mutationFn: (format: AuditFormat) => exportAudit(place, search, format),
    onSuccess: (blob, format) => offerDownload(formats[format].file, blob),
  });
  // Of tokens all that is said fits a spreadsheet: their entries lie in chains of others.
  const offered = place.kind === "tokens" ? (["csv"] as const) : auditFormats;
  return (
    <Stack gap="xs">
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            variant="default"
            loading={download.isPending}
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            Download
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>All that match the filters</Menu.Label>
          {offered.map((format) => (
            <Menu.Item key={format} onClick={() => download.mutate(format)}>
              {formats[format].label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <FailureNotice error={download.error} />
    </Stack>
  );
}
