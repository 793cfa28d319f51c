import {
  Anchor,
  type AnchorProps,
  Button,
  type ButtonProps,
  Menu,
  type MenuItemProps,
} from "@mantine/core";
import { createLink, type LinkComponent } from "@tanstack/react-router";
import type { ComponentPropsWithRef } from "react";

type OfAnchor<Props> = Props & Omit<ComponentPropsWithRef<"a">, keyof Props>;

const PlainAnchor = (props: OfAnchor<AnchorProps>) => <Anchor {...props} />;
const PlainButton = (props: OfAnchor<ButtonProps>) => <Button component="a" {...props} />;
const PlainMenuItem = (props: OfAnchor<MenuItemProps>) => <Menu.Item component="a" {...props} />;

/** A link to a page of this app, in running text. */
export const LinkAnchor: LinkComponent<typeof PlainAnchor> = createLink(PlainAnchor);

/** A link to a page of this app that looks like a button. */
export const LinkButton: LinkComponent<typeof PlainButton> = createLink(PlainButton);

/** A link to a page of this app, in a menu. */
export const LinkMenuItem: LinkComponent<typeof PlainMenuItem> = createLink(PlainMenuItem);
