/** An operation on an object: whether it is possible now, as its owner may do it too. */
export interface ReachedOperation {
  /** In words: `View a client`. */
  readonly summary: string;
  readonly isAllowed: boolean;
}

export interface ReachedObject {
  readonly type: string;
  readonly id: string;
  readonly name: string;
  /** The group that it is in. */
  readonly groupId?: string | undefined;
  readonly operations: readonly ReachedOperation[];
}

export interface ReachedGroup {
  readonly id: string;
  readonly name: string;
  readonly parentId?: string | undefined;
}

/** Objects of one type in one place with which the same can be done. */
export interface Bundle {
  readonly type: string;
  readonly objects: readonly Pick<ReachedObject, "id" | "name">[];
  readonly operations: readonly ReachedOperation[];
}

/** A group, or at the top the domain; a place in which nothing is reached is not there. */
export interface Place {
  /** Undefined at the top. */
  readonly group: ReachedGroup | undefined;
  readonly bundles: readonly Bundle[];
  readonly places: readonly Place[];
}

/** Puts what is reached where it lies. What lies in a group that is not known lies at the top. */
export function placeObjects(
  objects: readonly ReachedObject[],
  groups: readonly ReachedGroup[],
): Place {
  const known = new Map(groups.map((group) => [group.id, group]));
  const parentOf = ({ parentId }: ReachedGroup) =>
    parentId !== undefined && known.has(parentId) ? parentId : undefined;
  const placeOf = (group: ReachedGroup | undefined): Place => {
    const here = objects.filter(({ groupId }) =>
      group === undefined ? groupId === undefined || !known.has(groupId) : groupId === group.id,
    );
    const places = groups
      .filter((one) => parentOf(one) === group?.id)
      .map(placeOf)
      .filter(({ bundles, places: inner }) => bundles.length > 0 || inner.length > 0);
    return { group, bundles: bundle(here), places };
  };
  return placeOf(undefined);
}

function bundle(objects: readonly ReachedObject[]): readonly Bundle[] {
  const bundles = new Map<string, ReachedObject[]>();
  for (const object of objects) {
    const key = JSON.stringify([object.type, object.operations]);
    bundles.set(key, [...(bundles.get(key) ?? []), object]);
  }
  return [...bundles.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined) return [];
    const named = all.map(({ id, name }) => ({ id, name }));
    return [{ type: first.type, objects: named, operations: first.operations }];
  });
}
