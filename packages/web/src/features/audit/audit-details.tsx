import { Button, Code, Group, Table, Text } from "@mantine/core";
import { readWireTime } from "@tessera/sdk";
import type { ReactNode } from "react";
import type { AuditRecord } from "../../api/audit.ts";
import { Name } from "../../ui/name.tsx";
import { dateTimeText } from "../../words/time-text.ts";
import { Id } from "./actor.tsx";
import classes from "./audit.module.css";
import type { AuditSearch } from "./audit-search.ts";

interface AuditDetailsProps {
  readonly record: AuditRecord;
  readonly onNarrow: (change: AuditSearch) => void;
}

/** What was there before and after, and where the entry stands in its chain. */
export function AuditDetails({ record, onNarrow }: AuditDetailsProps) {
  const { actor, object, changed, details } = record;
  const at = readWireTime(record.at);
  const narrowing = [
    ["Only this person", "actor", actor.user_id],
    ["Only this token", "token", actor.token_id],
    ["Only this object", "object", object.id === "*" ? "" : object.id],
    ["Only this operation", "operation", record.operation],
    ["Only this address", "address", record.address],
  ] as const;
  return (
    <div className={classes.details}>
      {changed.length > 0 && <Changes changed={changed} />}
      <dl className={classes.facts}>
        <Fact label="When">
          {at === null ? "" : dateTimeText(at)} <Id>{record.at}</Id>
        </Fact>
        <Fact label="Operation">
          <Id>{record.operation}</Id>
        </Fact>
        <Fact label="Object">{object.id !== "" && <Id>{`${object.type} ${object.id}`}</Id>}</Fact>
        <Fact label="Domain">{record.domain_id !== undefined && <Id>{record.domain_id}</Id>}</Fact>
        <Fact label="User">{actor.user_id !== undefined && <Id>{actor.user_id}</Id>}</Fact>
        <Fact label="Token">{actor.token_id !== undefined && <Id>{actor.token_id}</Id>}</Fact>
        <Fact label="Session">{actor.session_id !== undefined && <Id>{actor.session_id}</Id>}</Fact>
        <Fact label="Request">
          {record.request_id !== undefined && <Id>{record.request_id}</Id>}
        </Fact>
        <Fact label="Entry">
          {record.seq !== undefined && (
            <>
              {record.seq.toLocaleString("en")} of the chain <Id>{record.chain ?? ""}</Id>
            </>
          )}
        </Fact>
        <Fact label="Hash">{record.hash !== undefined && <Id>{record.hash}</Id>}</Fact>
      </dl>
      {Object.keys(details).length > 0 && (
        <Code block className={classes.json ?? ""}>
          <Name>{JSON.stringify(details)}</Name>
        </Code>
      )}
      <Group gap="xs">
        {narrowing.map(
          ([label, name, value]) =>
            value !== undefined &&
            value !== "" && (
              <Button
                key={name}
                size="xs"
                variant="default"
                onClick={() => onNarrow({ [name]: value })}
              >
                {label}
              </Button>
            ),
        )}
      </Group>
    </div>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  if (children === false) return null;
  return (
    <div>
      <Text component="dt" size="sm" c="dimmed">
        {label}
      </Text>
      <Text component="dd" size="sm" m={0}>
        {children}
      </Text>
    </div>
  );
}

function Changes({ changed }: Pick<AuditRecord, "changed">) {
  return (
    <Table aria-label="What was changed" layout="fixed" withTableBorder>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Field</Table.Th>
          <Table.Th>Before</Table.Th>
          <Table.Th>After</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changed.map(({ field, before, after }) => (
          <Table.Tr key={field}>
            <Table.Td className={classes.value}>
              <Name>{field}</Name>
            </Table.Td>
            <Table.Td className={classes.value}>
              <Name>{valueText(before)}</Name>
            </Table.Td>
            <Table.Td className={classes.value}>
              <Name>{valueText(after)}</Name>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function valueText(value: AuditRecord["changed"][number]["before"]): string {
  if (value === null || value === "") return "–";
  if (Array.isArray(value)) return value.length === 0 ? "–" : value.join(", ");
  return String(value);
}
