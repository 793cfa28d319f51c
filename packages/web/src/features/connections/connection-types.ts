import type { EntityTypeName } from "../../api/entities.ts";
import type { ConnectionRow } from "../../entity-types/entity-type-row.ts";

export const connectionTypes = [
  { type: "publish", label: "Publish", description: "The client may send messages to the channel" },
  {
    type: "subscribe",
    label: "Subscribe",
    description: "The client may receive messages from the channel",
  },
] as const;

export type ConnectionType = (typeof connectionTypes)[number]["type"];

/** The client or channel of the page. */
export interface Side {
  readonly type: EntityTypeName;
  readonly domainId: string;
  readonly id: string;
  readonly connections: ConnectionRow;
}

/** Replies write the types with a capital. */
export function hasType(types: readonly string[], type: ConnectionType): boolean {
  return types.some((one) => one.toLowerCase() === type);
}

export function chosenTypes(types: readonly string[]): ConnectionType[] {
  return connectionTypes.map(({ type }) => type).filter((type) => types.includes(type));
}
