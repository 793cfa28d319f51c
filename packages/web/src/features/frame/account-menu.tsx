import {
  Avatar,
  Box,
  Menu,
  Text,
  UnstyledButton,
  useMantineColorScheme,
  VisuallyHidden,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconKey, IconLayoutGrid, IconLogout, IconUserCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { profileQuery } from "../../api/profile.ts";
import { useChange } from "../../api/use-change.ts";
import { colorSchemeChoices } from "../../ui/color-scheme-choices.ts";
import { lazyDialog } from "../../ui/lazy-part.tsx";
import { LinkMenuItem } from "../../ui/links.tsx";
import { MenuChoices } from "../../ui/menu-choices.tsx";
import { Name } from "../../ui/name.tsx";
import { failureText } from "../../words/failure-text.ts";
import { initials, personName } from "../../words/person-name.ts";
import classes from "./app-frame.module.css";
import { signOut } from "./sign-out.ts";

const SignOutQuestion = lazyDialog(
  async () => (await import("./sign-out-question.tsx")).SignOutQuestion,
);

/** The menu behind the picture at the top right. */
export function AccountMenu() {
  const { data: person } = useQuery(profileQuery);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [isAsking, setIsAsking] = useState(false);
  const leaving = useChange(signOut, {
    done: null,
    stale: [],
    onFailed: (error) => {
      const { title, advice } = failureText(error);
      notifications.show({ color: "brick", title: `Not signed out. ${title}`, message: advice });
    },
  });
  if (person === undefined) return null;
  const name = personName(person);
  return (
    <>
      <Menu position="bottom-end" width={250}>
        <Menu.Target>
          <UnstyledButton className={classes.account}>
            <Box visibleFrom="sm" maw={240}>
              <Text size="sm" fw={500} lh={1.2} truncate>
                <Name>{name}</Name>
              </Text>
              <Text size="xs" c="dimmed" lh={1.3} truncate>
                <Name>{person.email}</Name>
              </Text>
            </Box>
            <VisuallyHidden>Account menu</VisuallyHidden>
            <Avatar aria-hidden dir="auto" radius="md" size={36} color="verdigris">
              {initials(name)}
            </Avatar>
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            Signed in as <Name>{person.credentials?.username ?? person.email}</Name>
          </Menu.Label>
          <LinkMenuItem to="/profile" leftSection={<IconUserCircle size={16} />}>
            Profile
          </LinkMenuItem>
          <LinkMenuItem to="/pats" leftSection={<IconKey size={16} />}>
            Personal Access Tokens
          </LinkMenuItem>
          <LinkMenuItem to="/domains" leftSection={<IconLayoutGrid size={16} />}>
            Switch Domains
          </LinkMenuItem>
          <Menu.Divider />
          <Menu.Label>Theme</Menu.Label>
          <MenuChoices value={colorScheme} choices={colorSchemeChoices} onChange={setColorScheme} />
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconLogout size={16} />}
            onClick={() => (isSomethingUnsaved() ? setIsAsking(true) : leaving.mutate())}
          >
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <SignOutQuestion
        isOpen={isAsking}
        onConfirm={() => {
          setIsAsking(false);
          leaving.mutate();
        }}
        onClose={() => setIsAsking(false)}
      />
    </>
  );
}

/** Asks what would hold up whoever closes the page. */
function isSomethingUnsaved(): boolean {
  return !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
}
