import {
  childOperations,
  collectionOperations,
  type EntityType,
  entityCreate,
  entityReply,
  entityUpdate,
  groupedListQuery,
  id,
  operation,
  parentGroupOperations,
  roleManagementActions,
  standardOperations,
} from "@tessera/contract";
import { z } from "zod";

const reply = entityReply.extend({ parent_group_id: id.optional() });

const shape = {
  type: "sensors",
  singular: "sensor",
  create: entityCreate.extend({ id: id.optional(), parent_group_id: id.optional() }),
  update: entityUpdate,
  reply,
  created: reply,
  listQuery: groupedListQuery,
  updateMethod: "PATCH",
} as const;

const ownActions = ["update", "read", "delete", "set_parent_group", ...roleManagementActions];

/** An entity type as one file of the contract makes it, without anything of its own. */
export const sensors = {
  name: "sensors",
  singular: "sensor",
  title: "Sensors",
  ownActions,
  operations: [...standardOperations(shape), ...parentGroupOperations("sensors", "sensor")],
  domainOperations: collectionOperations(shape, {
    member: "parent_group_id",
    operation: "groups.set_child_sensor",
  }),
  groupOperations: childOperations("sensors", "sensor"),
  kind: "entity",
} as const satisfies EntityType;

/** A row that only this type has. */
const calibrate = operation({
  type: "sensors",
  name: "calibrate",
  summary: "Calibrate a sensor",
  action: "update",
  endpoints: [
    {
      id: "sensors.calibrate",
      method: "POST",
      path: "/:domainId/sensors/:id/calibrate",
      body: z.object({ offset: z.int() }),
      reply: z.object({ id, offset: z.int() }),
      status: 200,
    },
  ],
});

/** The same type with a row, and so with a handler, of its own. */
export const calibratedSensors = {
  ...sensors,
  operations: [...sensors.operations, calibrate],
} as const satisfies EntityType;
