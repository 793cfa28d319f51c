import { Tooltip, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { type KeyboardEvent, useId, useState } from "react";
import type { CatalogueType } from "../../../api/catalogue.ts";
import { counted } from "../../../words/counted.ts";
import classes from "./scope-mosaic.module.css";
import { isGranted, isSet, type Tile, type TileGroup, tileText } from "./tiles.ts";

interface ScopeMosaicProps {
  readonly groups: readonly TileGroup[];
  /** Each stone with its name beside it, where there is room; else one line tells of the stone that is pointed at. */
  readonly isLabelled?: boolean;
  readonly onToggle: (type: CatalogueType, tile: Tile) => void;
}

/** A token as a mosaic: a stone for every operation of the catalogue, laid by type. A click adds or removes one. */
export function ScopeMosaic({ groups, isLabelled = false, onToggle }: ScopeMosaicProps) {
  const [pointed, setPointed] = useState<string>();
  // A finger points at nothing without choosing it: then the names are to be read before.
  const [isNamed, setIsNamed] = useLocalStorage({
    key: "tessera-mosaic-names",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const told = groups.flatMap(({ type, tiles }) =>
    tiles.flatMap((tile) =>
      `${type.name}.${tile.operation}` === pointed ? [tileText(tile, type)] : [],
    ),
  );
  return (
    <div className={classes.mosaic}>
      <UnstyledButton
        className={classes.names ?? ""}
        {...(isLabelled ? { hiddenFrom: "xs" } : {})}
        onClick={() => setIsNamed(!isNamed)}
      >
        {isNamed ? "Hide names" : "Show names"}
      </UnstyledButton>
      {groups.map((group) => (
        <Group
          key={group.type.name}
          group={group}
          isLabelled={isLabelled || isNamed}
          isNamed={isNamed}
          onPoint={setPointed}
          onToggle={(tile) => onToggle(group.type, tile)}
        />
      ))}
      {!isLabelled && !isNamed && (
        <div className={classes.caption} aria-hidden="true">
          {told[0] ?? "Each stone is one operation: choose it to add it, or to remove it."}
        </div>
      )}
    </div>
  );
}

interface GroupProps {
  readonly group: TileGroup;
  readonly isLabelled: boolean;
  /** Each has its name beside it, however narrow the screen. */
  readonly isNamed: boolean;
  /** Hears the operation, `clients.view`. */
  readonly onPoint: (operation: string) => void;
  readonly onToggle: (tile: Tile) => void;
}

function Group({ group: { type, tiles }, isLabelled, isNamed, onPoint, onToggle }: GroupProps) {
  /** The one that Tab goes to; from there the arrow keys go on. */
  const [at, setAt] = useState(0);
  const titleId = useId();
  const move = (event: KeyboardEvent<HTMLUListElement>) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = (at + step + tiles.length) % tiles.length;
    setAt(next);
    event.currentTarget.querySelectorAll("button")[next]?.focus();
  };
  return (
    <section aria-labelledby={titleId}>
      <div className={classes.head} id={titleId}>
        {type.title}
        <span className={classes.count}>
          {tiles.filter(isGranted).length} of {tiles.length}
        </span>
      </div>
      <ul
        className={classes.tiles}
        data-labelled={isLabelled}
        data-named={isNamed}
        onKeyDown={move}
      >
        {tiles.map((tile, index) => {
          const text = tileText(tile, type);
          const point = () => onPoint(`${type.name}.${tile.operation}`);
          return (
            <li key={tile.operation}>
              <Tooltip label={text} disabled={!isLabelled} multiline maw={280}>
                <button
                  type="button"
                  className={classes.tile}
                  aria-pressed={isSet(tile)}
                  aria-label={text}
                  tabIndex={index === at ? 0 : -1}
                  data-stone={`${type.name}.${tile.operation}`}
                  data-granted={grantOf(tile)}
                  onFocus={() => {
                    setAt(index);
                    point();
                  }}
                  onMouseEnter={point}
                  onClick={() => onToggle(tile)}
                >
                  <Stone tile={tile} />
                  {isLabelled && (
                    <span className={classes.word} aria-hidden="true">
                      {tile.summary}
                    </span>
                  )}
                </button>
              </Tooltip>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const grantOf = ({ granted, isOpen }: Pick<Tile, "granted" | "isOpen">) => {
  if (isOpen === true) return "open";
  return granted === "all" ? "all" : granted === 0 ? "none" : "some";
};

function Stone({ tile }: { readonly tile: Partial<Tile> & Pick<Tile, "granted"> }) {
  return (
    <span
      aria-hidden="true"
      className={classes.stone}
      data-granted={grantOf(tile)}
      data-unused={tile.isUsed === false || undefined}
      data-beyond={tile.isBeyond === true || undefined}
      data-destructive={tile.isDestructive === true || undefined}
    />
  );
}

const legend = [
  { text: "on all objects", tile: { granted: "all" } },
  { text: "on single objects", tile: { granted: 1 } },
  { text: "objects still to be chosen", tile: { granted: 0, isOpen: true } },
  { text: "never used", tile: { granted: "all", isUsed: false } },
  { text: "beyond your own rights now", tile: { granted: "all", isBeyond: true } },
  { text: "takes something away", tile: { granted: 0, isDestructive: true } },
  { text: "not granted", tile: { granted: 0 } },
] as const;

/** What the patterns mean; screen readers hear it with each stone. */
export function MosaicLegend({ isUseKnown }: { readonly isUseKnown: boolean }) {
  return (
    <div className={classes.legend} aria-hidden="true">
      {legend
        .filter(({ tile }) => !((isUseKnown ? "isOpen" : "isUsed") in tile))
        .map(({ text, tile }) => (
          <span key={text}>
            <Stone tile={tile} />
            {text}
          </span>
        ))}
    </div>
  );
}

const edge = 5;
const step = edge + 1;
const stonesPerLine = 11;

interface SmallMosaicProps {
  readonly groups: readonly TileGroup[];
}

const linesOf = (stones: readonly unknown[]) => Math.ceil(stones.length / stonesPerLine);

/** The height of a small mosaic of all that these types can do, in pixels. */
export function smallMosaicHeight(types: readonly Pick<CatalogueType, "operations">[]): number {
  return types.reduce((lines, { operations }) => lines + linesOf(operations), 0) * step;
}

/** The same at a glance: each type begins a line of stones; nothing to click. */
export function SmallMosaic({ groups }: SmallMosaicProps) {
  const lines = groups.flatMap(({ type, tiles }) =>
    Array.from({ length: linesOf(tiles) }, (_, line) => ({
      key: `${type.name} ${line}`,
      tiles: tiles.slice(line * stonesPerLine, (line + 1) * stonesPerLine),
    })),
  );
  return (
    <>
      <svg
        width={stonesPerLine * step}
        height={lines.length * step}
        className={classes.small}
        aria-hidden="true"
      >
        {lines.map(({ key, tiles }, row) =>
          tiles.map((tile, column) => (
            <SmallStone
              key={`${key} ${tile.operation}`}
              x={column * step}
              y={row * step}
              tile={tile}
            />
          )),
        )}
      </svg>
      <VisuallyHidden>
        {groups
          .map(({ type, tiles }) => ({ title: type.title, count: tiles.filter(isGranted).length }))
          .filter(({ count }) => count > 0)
          .map(({ title, count }) => `${title}: ${counted(count, "operation")}`)
          .join(", ")}
      </VisuallyHidden>
    </>
  );
}

interface SmallStoneProps {
  readonly x: number;
  readonly y: number;
  readonly tile: Tile;
}

function SmallStone({ x, y, tile }: SmallStoneProps) {
  const { granted, isUsed, isDestructive } = tile;
  if (granted === 0) {
    return <rect x={x} y={y} width={edge} height={edge} rx={1} fill="var(--tessera-track)" />;
  }
  const fill = isDestructive
    ? "light-dark(var(--mantine-color-brick-6), var(--mantine-color-brick-4))"
    : "light-dark(var(--mantine-color-verdigris-7), var(--mantine-color-verdigris-4))";
  // Half a stone for single objects, and a hole in what was never used, as in the large one.
  return (
    <g style={{ fill }}>
      {granted === "all" ? (
        <rect x={x} y={y} width={edge} height={edge} rx={1} />
      ) : (
        <path d={`M${x} ${y}h${edge}L${x} ${y + edge}z`} />
      )}
      {isUsed === false && (
        <circle cx={x + edge / 2} cy={y + edge / 2} r={1.2} fill="var(--mantine-color-body)" />
      )}
    </g>
  );
}
