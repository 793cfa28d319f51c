import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { auditKeepingQuery } from "../../api/audit.ts";
import { lazyDialog } from "../../ui/lazy-part.tsx";

const KeepingDialog = lazyDialog(async () => (await import("./keeping-dialog.tsx")).KeepingDialog);

/** For how long the domain's records are kept, and the way to change that; nothing for who may not see it. */
export function AuditKeeping({ domainId }: { readonly domainId: string }) {
  const { data: keeping } = useQuery(auditKeepingQuery(domainId));
  const [isOpen, setIsOpen] = useState(false);
  if (keeping === undefined) return null;
  const days = keeping.kept_days.toLocaleString("en");
  return (
    <>
      <Text size="sm" c="dimmed" mt="md">
        Records of this domain are kept for {days} days
        {keeping.keep_days === null ? ", as long as this server keeps those of every domain" : ""}.{" "}
        <Anchor component="button" type="button" inherit onClick={() => setIsOpen(true)}>
          Change how long they are kept
        </Anchor>
      </Text>
      <KeepingDialog
        domainId={domainId}
        keeping={keeping}
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
      />
    </>
  );
}
