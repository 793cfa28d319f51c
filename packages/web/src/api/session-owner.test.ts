import { describe, expect, test } from "vitest";
import { createSessionOwner, OtherPersonError } from "./session-owner.ts";

/** A browser with one tab, whose storage other tabs write to. */
function openTab(stored: string | null = null) {
  let value = stored;
  const writes: (string | null)[] = [];
  const storage = {
    getItem: () => value,
    setItem: (_: string, text: string) => {
      value = text;
      writes.push(text);
    },
    removeItem: () => {
      value = null;
      writes.push(null);
    },
  } as Partial<Storage> as Storage;
  const attributes = new Set<string>();
  const went: string[] = [];
  const page = Object.assign(new EventTarget(), {
    document: { documentElement: { setAttribute: (name: string) => attributes.add(name) } },
    location: { assign: (address: string) => went.push(address), reload: () => went.push("anew") },
  });
  const owner = createSessionOwner(storage, () => page as unknown as Window);
  owner.watch();
  return {
    owner,
    went,
    writes,
    isHidden: () => attributes.has("data-closed"),
    stored: () => value?.split(" ")[0],
    elsewhere: (text: string) => {
      value = text;
      page.dispatchEvent(
        Object.assign(new Event("storage"), { key: "tessera-person", newValue: text }),
      );
    },
    happens: (name: string, more = {}) => {
      const event = Object.assign(new Event(name, { cancelable: true }), more);
      page.addEventListener(name, (heard) => heard.preventDefault(), { once: true });
      return { isAskedAbout: !page.dispatchEvent(event) };
    },
  };
}

describe("a page of somebody", () => {
  test("sends nothing and learns nothing once they have signed out in it", () => {
    const { owner, went, isHidden, stored } = openTab();
    owner.claim("jane");
    const requireSame = owner.begin();
    owner.release();
    expect(requireSame).toThrow(OtherPersonError);
    expect(owner.begin).toThrow(OtherPersonError);
    expect([went, isHidden(), stored()]).toEqual([["/sign-in"], true, ""]);
  });

  test("is over where somebody else signs in, and goes on where they do themselves", () => {
    const { owner, went, stored } = openTab();
    owner.claim("jane");
    const requireSame = owner.begin();
    expect(owner.welcome("jane", "/pats")).toBe(true);
    requireSame();
    expect(owner.welcome("john", "/pats")).toBe(false);
    expect([went, stored(), owner.person()]).toEqual([["/pats"], "john", "jane"]);
    expect(requireSame).toThrow(OtherPersonError);
    // Even if they come back: what was theirs here has ended.
    expect(owner.welcome("jane", "/")).toBe(false);
    expect(owner.begin).toThrow(OtherPersonError);
  });

  test("waits while they are signed out in another tab, or replaced, until they sign in again", () => {
    const { owner, elsewhere } = openTab();
    owner.claim("jane");
    const requireSame = owner.begin();
    owner.subscribe(() => undefined);
    elsewhere("");
    expect([owner.isSignedOut(), owner.isOther()]).toEqual([true, false]);
    expect(requireSame).toThrow("signed out");
    expect(owner.begin).toThrow("signed out");
    elsewhere("john");
    expect([owner.isSignedOut(), owner.isOther()]).toEqual([false, true]);
    expect(requireSame).toThrow("somebody else");
    elsewhere("jane");
    owner.begin()();
  });

  test("that the browser kept shows nothing of them, and is loaded anew", () => {
    const { owner, went, isHidden, happens } = openTab();
    owner.claim("jane");
    happens("pagehide", { persisted: true });
    expect([isHidden(), went]).toEqual([true, []]);
    happens("pageshow", { persisted: true });
    expect(went).toEqual(["anew"]);
    expect(owner.begin).toThrow(OtherPersonError);
  });

  test("is announced to other tabs whatever they know, and nobody is signed out for that", () => {
    const { owner, writes } = openTab("jane before");
    owner.claim("jane");
    expect(writes).toEqual([expect.stringMatching(/^jane \S+$/)]);
  });

  test("asks before it is closed, but not where it is over", () => {
    const { owner, happens } = openTab();
    owner.claim("jane");
    expect(happens("beforeunload").isAskedAbout).toBe(true);
    owner.leave("/");
    expect(happens("beforeunload").isAskedAbout).toBe(false);
  });
});

describe("a page of nobody yet", () => {
  test("becomes that of whoever signs in, who gets no answer to what was asked before", () => {
    const { owner, went } = openTab();
    const requireSame = owner.begin();
    expect(owner.welcome("john", "/")).toBe(true);
    expect(requireSame).toThrow(OtherPersonError);
    expect(went).toEqual([]);
    owner.begin()();
  });

  test("takes the answers that come together, whichever says whose it is", () => {
    for (const stored of [null, "", "jane"]) {
      const { owner } = openTab(stored);
      const answers = [owner.begin(), owner.begin()];
      owner.claim("jane");
      for (const requireSame of answers) requireSame();
    }
  });

  test("takes no answer where somebody has signed out or in meanwhile", () => {
    for (const stored of ["", "john"]) {
      const { owner, elsewhere } = openTab("jane");
      const requireSame = owner.begin();
      elsewhere(stored);
      expect(requireSame).toThrow(OtherPersonError);
    }
  });
});
