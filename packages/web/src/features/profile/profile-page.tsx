import {
  Badge,
  Group,
  SegmentedControl,
  Stack,
  Tabs,
  Text,
  useMantineColorScheme,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { profileQuery } from "../../api/profile.ts";
import { colorSchemeChoices } from "../../ui/color-scheme-choices.ts";
import { FailurePage } from "../../ui/failure-page.tsx";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { Name } from "../../ui/name.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { StatusBadge } from "../../ui/status-badge.tsx";
import { personName } from "../../words/person-name.ts";
import { AccountFields } from "./account-fields.tsx";
import { profileTabs } from "./profile-search.ts";

const route = getRouteApi("/frame/profile");

const PasswordForm = lazyPart(async () => (await import("./password-form.tsx")).PasswordForm);
const NoticeSettings = lazyPart(async () => (await import("./notice-settings.tsx")).NoticeSettings);
const SessionList = lazyPart(async () => (await import("./session-list.tsx")).SessionList);

const tabLabels = {
  account: "Account",
  password: "Password",
  sessions: "Sessions",
  notices: "Notices",
  preferences: "Preferences",
};

export function ProfilePage() {
  const { tab = "account" } = route.useSearch();
  const navigate = route.useNavigate();
  const profile = useQuery(profileQuery);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  if (profile.data === undefined) {
    return profile.error === null ? (
      <LoadingRows />
    ) : (
      <FailurePage
        error={profile.error}
        notFound=""
        back={{ label: "the start", to: "/" }}
        onRetry={() => void profile.refetch()}
      />
    );
  }
  const person = profile.data;
  return (
    <>
      <PageHeader
        title="Profile"
        crumbs={[{ label: "Profile" }]}
        description={
          <>
            Welcome <Name>{personName(person)}</Name>. Manage your account here.
          </>
        }
        actions={
          <Group gap="xs">
            <Badge variant="default" tt="none" fw={500}>
              Platform role: {person.role}
            </Badge>
            {person.status !== undefined && <StatusBadge status={person.status} />}
          </Group>
        }
      />
      <Tabs
        value={tab}
        onChange={(value) => {
          const chosen = profileTabs.find((known) => known === value);
          void navigate({
            search: chosen === undefined || chosen === "account" ? {} : { tab: chosen },
          });
        }}
        keepMounted={false}
      >
        <Tabs.List mb="lg" style={{ flexWrap: "nowrap", overflowX: "auto" }}>
          {profileTabs.map((value) => (
            <Tabs.Tab key={value} value={value} px={{ base: "xs", sm: "md" }}>
              {tabLabels[value]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="account">
          <AccountFields person={person} />
        </Tabs.Panel>
        <Tabs.Panel value="password">
          <PasswordForm />
        </Tabs.Panel>
        <Tabs.Panel value="sessions">
          <SessionList />
        </Tabs.Panel>
        <Tabs.Panel value="notices">
          <NoticeSettings />
        </Tabs.Panel>
        <Tabs.Panel value="preferences">
          <Stack gap="xs" align="flex-start">
            <Text size="sm" fw={500} id="theme-label">
              Theme
            </Text>
            <SegmentedControl
              aria-labelledby="theme-label"
              data={[...colorSchemeChoices]}
              value={colorScheme}
              onChange={(chosen) => setColorScheme(chosen)}
            />
            <Text size="sm" c="dimmed">
              Remembered in this browser.
            </Text>
          </Stack>
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
