import type { Page } from "playwright-core";

/** One text of a page: where it stands, and all the text of the element that isolates it, if one does. */
interface PageText {
  /** `title`, the element's name, or `@` and the attribute's. */
  readonly place: string;
  readonly text: string;
  readonly isolated: string | null;
}

/** A text of the page that reorders what stands around it, or hides something. */
export interface Fault {
  readonly place: string;
  readonly because: "hides something" | "not isolated" | "isolated with other words";
  readonly text: string;
}

/** For the browser. The direction of a field is its text's own, or fixed where it has a structure of its own. */
const collectTexts = `(() => {
  const texts = [{ place: "title", text: document.title, isolated: null }];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (parent.closest("script, style, textarea") !== null) continue;
    const isolator = parent.closest("bdi, [dir=auto]");
    texts.push({ place: parent.localName, text: node.data, isolated: isolator?.textContent ?? null });
  }
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (["aria-label", "aria-description", "aria-valuetext", "title", "placeholder", "alt"].includes(name)) {
        texts.push({ place: "@" + name, text: value, isolated: null });
      }
    }
  }
  for (const field of document.querySelectorAll("input, textarea")) {
    const isolated = ["auto", "ltr"].includes(field.dir) || ["hidden", "file"].includes(field.type) ? "" : null;
    texts.push({ place: field.localName, text: field.value, isolated });
  }
  return texts;
})()`;

const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}]/u;
const latin = /\p{Script=Latin}/u;
const closedIsolate = /\u2068[^\u2066-\u2069]*\u2069/g;
const hidden = /(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u;

/** What is wrong with the texts of the page as it stands, and how many run from right to left. */
export async function findForeignText(page: Page): Promise<{ faults: Fault[]; count: number }> {
  const texts = await page.evaluate<PageText[]>(collectTexts);
  const faults = texts.flatMap((text): Fault[] => {
    const because = faultOf(text);
    return because === undefined ? [] : [{ place: text.place, because, text: text.text }];
  });
  return { faults, count: texts.filter(({ text }) => rightToLeft.test(text)).length };
}

function faultOf({ text, isolated }: PageText): Fault["because"] | undefined {
  const rest = text.replace(closedIsolate, "");
  if (hidden.test(rest)) return "hides something";
  if (!rightToLeft.test(rest)) return undefined;
  if (isolated === null) return "not isolated";
  return latin.test(isolated.replace(closedIsolate, "")) ? "isolated with other words" : undefined;
}
