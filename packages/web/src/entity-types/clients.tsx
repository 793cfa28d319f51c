import { TextInput } from "@mantine/core";
import { IconDeviceDesktop } from "@tabler/icons-react";
import { maximumLength } from "@tessera/sdk";
import { api } from "../api/client.ts";
import { ClientFields, NewClientSecret } from "./client-fields.tsx";
import type { EntityTypeRow, OwnFormFieldsProps } from "./entity-type-row.ts";
import {
  connectionsTab,
  informationTab,
  parentGroupCalls,
  putOneByOne,
  rolesOnEntities,
} from "./shared-by-entities.ts";

const parent = parentGroupCalls(api.clients);

export const clients = {
  ...rolesOnEntities,
  Icon: IconDeviceDesktop,
  description: "Devices and applications that talk on channels.",
  columns: [],
  Notice: NewClientSecret,
  OwnFields: ClientFields,
  OwnFormFields: FormFields,
  ownBody: (values) => {
    const secret = values.secret.trim();
    const identity = values.identity.trim();
    return { credentials: { ...(secret && { secret }), ...(identity && { identity }) } };
  },
  importColumns: ["secret", "identity", "parent_group_id", "private_metadata"],
  tabs: [informationTab, connectionsTab],
  alsoLost: "Its connections, its roles and its secret are gone for good.",
  hasTree: false,
  parent,
  inGroup: "clients",
  putIntoGroup: putOneByOne(parent),
  connections: {
    other: "channels",
    filter: "client",
    connectOperation: "connect_to_channel",
    disconnectOperation: "disconnect_from_channel",
    idsOf: (id, others) => ({ channel_ids: others, client_ids: [id] }),
  },
} as const satisfies EntityTypeRow;

function FormFields({ inputProps }: OwnFormFieldsProps) {
  return (
    <>
      <TextInput
        label="Key"
        description="The client's secret. Leave it empty, and a strong one is made for you"
        placeholder="Enter key"
        maxLength={maximumLength.clientSecret}
        autoComplete="off"
        {...inputProps("secret")}
      />
      <TextInput
        label="Identity"
        description="A name by which the client signs in, if it needs one beside its ID"
        placeholder="Enter identity"
        maxLength={maximumLength.clientIdentity}
        autoComplete="off"
        {...inputProps("identity")}
      />
    </>
  );
}
