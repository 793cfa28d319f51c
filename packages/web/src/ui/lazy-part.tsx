import { type ComponentType, createElement, lazy, Suspense } from "react";

/** A part of a page that is loaded when it first shows; until then nothing stands in its place. */
export function lazyPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  const Part: ComponentType<Props> = lazy(async () => ({ default: await load() }));
  return (props) => <Suspense>{createElement(Part, props)}</Suspense>;
}
