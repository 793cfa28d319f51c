import {
  Avatar,
  Box,
  Menu,
  Text,
  UnstyledButton,
  useMantineColorScheme,
  VisuallyHidden,
} from "@mantine/core";
import { IconKey, IconLayoutGrid, IconLogout, IconUserCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { profileQuery } from "../../api/profile.ts";
import { colorSchemeChoices } from "../../ui/color-scheme-choices.ts";
import { LinkMenuItem } from "../../ui/links.tsx";
import { MenuChoices } from "../../ui/menu-choices.tsx";
import { Name } from "../../ui/name.tsx";
import { initials, personName } from "../../words/person-name.ts";
import classes from "./app-frame.module.css";
import { useSignOut } from "./use-sign-out.ts";

/** The menu behind the picture at the top right. */
export function AccountMenu() {
  const { data: person } = useQuery(profileQuery);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  if (person === undefined) return null;
  const name = personName(person);
  return (
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
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={signOut}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
