import type { DatabaseConnection, Dialect } from "kysely";
import type { Lanes } from "./lanes.ts";

/** Lets each use of a connection wait for its lane, so that no more are in use than there are lanes. */
export function inLanes(dialect: Dialect, lanes: Lanes): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => {
      const driver = dialect.createDriver();
      const leaves = new WeakMap<DatabaseConnection, () => void>();
      return {
        init: (options) => driver.init(options),
        acquireConnection: async (options) => {
          const leave = await lanes.enter();
          try {
            const connection = await driver.acquireConnection(options);
            leaves.set(connection, leave);
            return connection;
          } catch (error) {
            leave();
            throw error;
          }
        },
        releaseConnection: async (connection, options) => {
          await driver.releaseConnection(connection, options);
          leaves.get(connection)?.();
        },
        beginTransaction: (connection, settings) => driver.beginTransaction(connection, settings),
        commitTransaction: (connection) => driver.commitTransaction(connection),
        rollbackTransaction: (connection) => driver.rollbackTransaction(connection),
        destroy: (options) => driver.destroy(options),
      };
    },
  };
}
