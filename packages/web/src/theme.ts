import {
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  rem,
} from "@mantine/core";

/** Copper that has stood in the rain: the brand. */
const verdigris: MantineColorsTuple = [
  "#eef7f5",
  "#d9ece8",
  "#b3dad2",
  "#86c5b9",
  "#5cb0a2",
  "#3a9a8b",
  "#217f73",
  "#14665c",
  "#0e5049",
  "#0a3b36",
];

/** What cannot be undone. */
const brick: MantineColorsTuple = [
  "#fdf2ef",
  "#f9ded7",
  "#f2bdb1",
  "#ea9887",
  "#e17a65",
  "#d25d45",
  "#be4730",
  "#a13824",
  "#812d1d",
  "#612216",
];

/** What wants attention. */
const ochre: MantineColorsTuple = [
  "#fdf6e7",
  "#f9e8c6",
  "#f2d394",
  "#eabd61",
  "#e0a54a",
  "#c98a2b",
  "#a86f1d",
  "#855617",
  "#664213",
  "#4a300f",
];

/** Greys with the warmth of limestone. */
const stone: MantineColorsTuple = [
  "#faf9f7",
  "#f4f2ee",
  "#e9e6e0",
  "#dad6ce",
  "#bdb8ae",
  "#979187",
  "#6d6860",
  "#56524b",
  "#3a3732",
  "#23211e",
];

const basalt: MantineColorsTuple = [
  "#e8e6e1",
  "#c4c0b8",
  "#a29d94",
  "#6f6b64",
  "#45423d",
  "#35332f",
  "#272522",
  "#1b1a18",
  "#151412",
  "#0e0d0c",
];

const scrollingOptions = { options: { maxHeight: 290, overflowY: "auto" } };

/** What is typed runs as its own letters do. */
const ofItsText = { attributes: { input: { dir: "auto" } } };
/** The same, where the field lies among what was chosen. */
const amongPills = { dir: "auto" };

export const theme = createTheme({
  primaryColor: "verdigris",
  primaryShade: { light: 7, dark: 6 },
  colors: { verdigris, brick, ochre, gray: stone, dark: basalt },
  black: "#23211e",
  fontFamily: "'Geist Variable', system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: "'Geist Mono Variable', ui-monospace, SFMono-Regular, Menlo, monospace",
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: rem(26), lineHeight: "1.25" },
      h2: { fontSize: rem(18), lineHeight: "1.35" },
      h3: { fontSize: rem(15), lineHeight: "1.4" },
    },
  },
  defaultRadius: "md",
  radius: { xs: rem(3), sm: rem(5), md: rem(7), lg: rem(10), xl: rem(16) },
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Tooltip: { defaultProps: { openDelay: 250, withArrow: true } },
    Modal: {
      defaultProps: {
        centered: true,
        radius: "lg",
        padding: "lg",
        styles: { title: { fontWeight: 600 } },
        // A page has one banner, and a dialog is not it.
        attributes: { header: { role: "presentation" } },
        overlayProps: { backgroundOpacity: 0.5 },
        closeButtonProps: { "aria-label": "Close" },
      },
    },
    Menu: {
      defaultProps: { shadow: "md", radius: "md", withInitialFocusPlaceholder: false },
    },
    // Lists that scroll themselves are known to assistive technology; a scroll area around one is not.
    Select: { defaultProps: { ...ofItsText, withScrollArea: false, styles: scrollingOptions } },
    MultiSelect: {
      defaultProps: { ...amongPills, withScrollArea: false, styles: scrollingOptions },
    },
    TextInput: { defaultProps: ofItsText },
    Textarea: { defaultProps: ofItsText },
    TagsInput: { defaultProps: amongPills },
    Autocomplete: { defaultProps: ofItsText },
    // Whatever opens over the page lies in a landmark of its own.
    Portal: { defaultProps: { target: "#overlays" } },
    Paper: { defaultProps: { radius: "lg" } },
  },
});

/** Contrast of at least 4.5:1 where the library's own greys fall short of it. */
export const resolveCssVariables: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    "--mantine-color-body": "#ffffff",
    "--mantine-color-dimmed": colors.gray[6],
    "--mantine-color-placeholder": colors.gray[6],
    "--mantine-color-error": colors.brick?.[7] ?? "",
    "--mantine-color-default-border": colors.gray[3],
    "--tessera-page": colors.gray[0],
    "--tessera-rail": colors.gray[1],
    "--tessera-line": colors.gray[2],
    "--tessera-hover": colors.gray[0],
    "--tessera-track": colors.gray[2],
    "--tessera-warning-text": colors.ochre?.[7] ?? "",
  },
  dark: {
    "--mantine-color-body": colors.dark[6],
    "--mantine-color-dimmed": colors.dark[2],
    "--mantine-color-placeholder": colors.dark[2],
    "--mantine-color-error": colors.brick?.[3] ?? "",
    "--mantine-color-brick-outline": colors.brick?.[3] ?? "",
    "--mantine-color-brick-outline-hover": "rgb(225 122 101 / 10%)",
    "--mantine-color-default": colors.dark[5],
    "--mantine-color-default-hover": colors.dark[4],
    "--mantine-color-default-border": colors.dark[4],
    "--tessera-page": colors.dark[7],
    "--tessera-rail": colors.dark[8],
    "--tessera-line": "#3b3935",
    "--tessera-hover": "#2c2a27",
    "--tessera-track": colors.dark[4],
    "--tessera-warning-text": colors.ochre?.[3] ?? "",
  },
});
