import { type ComponentType, createElement, lazy, type ReactNode, Suspense, useState } from "react";
import { partLoader } from "./load-part.ts";

/** A part of a page that is loaded when it first shows; until then nothing stands in its place. */
export function lazyPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  const Part: ComponentType<Props> = lazy(async () => ({ default: await partLoader.load(load) }));
  return (props) => <Suspense>{createElement(Part, props)}</Suspense>;
}

/** A dialog that is loaded when it is opened for the first time. */
export function lazyDialog<Props extends { readonly isOpen: boolean }>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  const Dialog = lazyPart(load);
  return (props) => <OnceOpened isOpen={props.isOpen}>{createElement(Dialog, props)}</OnceOpened>;
}

interface OnceOpenedProps {
  readonly isOpen: boolean;
  readonly children: ReactNode;
}

/** Stays when it is closed again, so that closing is seen. */
function OnceOpened({ isOpen, children }: OnceOpenedProps) {
  const [wasOpened, setWasOpened] = useState(isOpen);
  if (isOpen && !wasOpened) setWasOpened(true);
  return wasOpened ? children : null;
}
