import { type PointerEvent, type RefObject, useEffect, useRef } from "react";

/** A press that moves less is a click. */
const leastMovePixels = 5;

interface DragOptions {
  /** In which the line is drawn, and whose corner its coordinates count from. */
  readonly drawing: RefObject<SVGSVGElement | null>;
  readonly line: RefObject<SVGPathElement | null>;
  /** Called with the `data-node` of where it began and of where it ended. */
  readonly onDrop: (from: string, to: string) => void;
}

/**
 * Draws a line after the pointer from one element with `data-node` to another. It writes the line itself, so that
 * nothing else is drawn anew while the pointer moves. A finger drags only at what has `data-grip`: else it scrolls.
 */
export function useDrag({ drawing, line, onDrop }: DragOptions): (event: PointerEvent) => void {
  const end = useRef<() => void>(undefined);
  useEffect(() => () => end.current?.(), []);
  return (event) => {
    const pressed = event.target instanceof Element ? event.target : null;
    const source = pressed?.closest("[data-node]");
    const from = source?.getAttribute("data-node");
    const canDrag = event.pointerType === "mouse" || pressed?.closest("[data-grip]") != null;
    if (event.button !== 0 || source == null || from == null || !canDrag) return;
    end.current?.();
    const start = { x: event.clientX, y: event.clientY };
    let isMoving = false;
    let over: Element | null = null;
    const markOver = (next: Element | null) => {
      over?.removeAttribute("data-over");
      over = next === source ? null : next;
      over?.setAttribute("data-over", "true");
    };
    const move = ({ clientX, clientY }: globalThis.PointerEvent) => {
      isMoving ||= Math.hypot(clientX - start.x, clientY - start.y) >= leastMovePixels;
      const corner = drawing.current?.getBoundingClientRect();
      if (!isMoving || corner === undefined) return;
      drawing.current?.setAttribute("data-dragging", "true");
      const from = source.getBoundingClientRect();
      const isLeft = from.left < corner.left + corner.width / 2;
      const x = (isLeft ? from.right : from.left) - corner.left;
      const y = from.top + from.height / 2 - corner.top;
      line.current?.setAttribute(
        "d",
        `M ${x} ${y} L ${clientX - corner.left} ${clientY - corner.top}`,
      );
      markOver(document.elementFromPoint(clientX, clientY)?.closest("[data-node]") ?? null);
    };
    const finish = () => {
      const to = over?.getAttribute("data-node");
      stop();
      if (to != null) onDrop(from, to);
    };
    const stop = () => {
      markOver(null);
      line.current?.setAttribute("d", "");
      drawing.current?.removeAttribute("data-dragging");
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", finish);
      window.removeEventListener("pointercancel", stop);
      window.removeEventListener("keydown", stopByKey);
      end.current = undefined;
    };
    const stopByKey = ({ key }: KeyboardEvent) => {
      if (key === "Escape") stop();
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", finish);
    window.addEventListener("pointercancel", stop);
    window.addEventListener("keydown", stopByKey);
    end.current = stop;
  };
}
