import { ActionIcon, AppShell, Burger, Group, Tooltip } from "@mantine/core";
import { useDisclosure, useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { IconLayoutSidebar } from "@tabler/icons-react";
import { Outlet } from "@tanstack/react-router";
import { useState, useSyncExternalStore } from "react";
import { passwordRequests } from "../../api/client.ts";
import { lazyDialog } from "../../ui/lazy-part.tsx";
import { CrumbsPlaceContext } from "../../ui/page-header.tsx";
import { useEditButton } from "../../ui/use-edit-button.ts";
import { useEscape } from "../../ui/use-escape.ts";
import { useKeptFocus } from "../../ui/use-kept-focus.ts";
import { AccountMenu } from "./account-menu.tsx";
import { AddressGate } from "./address-gate.tsx";
import classes from "./app-frame.module.css";
import { InitialPasswordNotice } from "./initial-password-notice.tsx";
import { InvitationInbox } from "./invitation-inbox.tsx";
import { NoticeBell } from "./notice-bell.tsx";
import { SessionEnd } from "./session-end.tsx";
import { Sidebar } from "./sidebar.tsx";

const ConfirmPasswordDialog = lazyDialog(
  async () => (await import("./confirm-password-dialog.tsx")).ConfirmPasswordDialog,
);

/** Where the sidebar lies over the page. */
const narrowScreen = "(max-width: 47.99em)";

/** What surrounds every page of a signed-in person. */
export function AppFrame() {
  const isPasswordAsked = useSyncExternalStore(
    passwordRequests.subscribe,
    passwordRequests.isAsking,
  );
  const [isDrawerOpen, drawer] = useDisclosure(false);
  const [isFolded, setIsFolded] = useLocalStorage({
    key: "tessera-sidebar-folded",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const [crumbsPlace, setCrumbsPlace] = useState<HTMLElement | null>(null);
  const isNarrow = useMediaQuery(narrowScreen, undefined, { getInitialValueInEffect: false });
  const isDrawerOver = isNarrow && isDrawerOpen;
  const opener = useEditButton(isDrawerOver);
  useEscape(isDrawerOver, drawer.close);
  useKeptFocus();

  return (
    <AppShell
      layout="alt"
      header={{ height: 60 }}
      navbar={{
        width: 256,
        breakpoint: "sm",
        collapsed: { mobile: !isDrawerOpen, desktop: isFolded },
      }}
      padding={0}
    >
      <a className="skip-link" href="#main" inert={isDrawerOver}>
        Skip to the content
      </a>
      <AppShell.Navbar
        className={classes.navbar}
        aria-label="Main"
        // What lies beside the screen is reached by nothing.
        inert={isNarrow ? !isDrawerOpen : isFolded}
      >
        <Sidebar isOver={isDrawerOver} onNavigate={drawer.close} onClose={drawer.close} />
      </AppShell.Navbar>
      <AppShell.Header className={classes.header} inert={isDrawerOver}>
        <Group h="100%" px="lg" gap="md" wrap="nowrap">
          <Burger
            ref={opener}
            hiddenFrom="sm"
            size="sm"
            opened={isDrawerOpen}
            onClick={drawer.toggle}
            aria-label="Open the menu"
            aria-expanded={isDrawerOpen}
          />
          <Tooltip label={isFolded ? "Show the sidebar" : "Hide the sidebar"}>
            <ActionIcon
              visibleFrom="sm"
              variant="subtle"
              color="gray"
              aria-label={isFolded ? "Show the sidebar" : "Hide the sidebar"}
              onClick={() => setIsFolded(!isFolded)}
            >
              <IconLayoutSidebar size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <div ref={setCrumbsPlace} className={classes.crumbs} />
          <InvitationInbox />
          <NoticeBell />
          <AccountMenu />
        </Group>
      </AppShell.Header>
      <AppShell.Main id="main" tabIndex={-1} className={classes.main} inert={isDrawerOver}>
        <CrumbsPlaceContext value={crumbsPlace}>
          <div className={classes.page}>
            <InitialPasswordNotice />
            <AddressGate>
              <Outlet />
            </AddressGate>
          </div>
        </CrumbsPlaceContext>
      </AppShell.Main>
      <ConfirmPasswordDialog isOpen={isPasswordAsked} />
      <SessionEnd />
    </AppShell>
  );
}
