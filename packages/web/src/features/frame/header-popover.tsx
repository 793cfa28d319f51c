import { ActionIcon, Indicator, Popover } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Icon as TablerIcon } from "@tabler/icons-react";
import type { ComponentType } from "react";
import { useEscape } from "../../ui/use-escape.ts";

interface HeaderPopoverProps {
  readonly label: string;
  /** What the number counts: `pending`. */
  readonly counted: string;
  readonly count: number;
  readonly Icon: TablerIcon;
  /** What opens; `onLeave`: a link in it was followed. */
  readonly Content: ComponentType<{ readonly onLeave: () => void }>;
}

const maximumShown = 99;

/** A sign in the header with a number, behind which something short is read. */
export function HeaderPopover({ label, counted, count, Icon, Content }: HeaderPopoverProps) {
  const [isOpen, { open, close, toggle }] = useDisclosure(false);
  useEscape(isOpen, close);
  const name = count === 0 ? label : `${label}, ${count} ${counted}`;
  return (
    <Popover
      opened={isOpen}
      onChange={(isWanted) => (isWanted ? open() : close())}
      closeOnEscape={false}
      position="bottom-end"
      width={360}
      shadow="md"
      trapFocus
      returnFocus
    >
      <Indicator
        label={count > maximumShown ? `${maximumShown}+` : count}
        size={16}
        offset={5}
        disabled={count === 0}
        color="brick"
        styles={{ indicator: { fontSize: 10, lineHeight: 1 } }}
      >
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            title={name}
            aria-label={name}
            onClick={toggle}
          >
            <Icon size={20} stroke={1.7} aria-hidden />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown aria-label={label} p="md" maw="calc(100vw - 16px)">
        <Content onLeave={close} />
      </Popover.Dropdown>
    </Popover>
  );
}
