import { describe, expect, test } from "vitest";
import { looksAlike } from "./looks.ts";

describe("names that people would take for each other", () => {
  test.each([
    ["the letters and signs of one stroke", [..."iIlL1|¦іІıӏӀιΙɪʟłƗ"]],
    ["capitals of which one is foreign", ["Admin", "ADMIN", "АDMIN", "ADМIN", "ΑDMIN", "аdmIn"]],
    ["small capitals", ["Hobart", "ʜᴏʙᴀʀᴛ", "НОВΑRT"]],
    ["letters with a stroke", ["Bodo Hut", "ƀøđø ħuŧ", "ɃØĐØ ĦUŦ"]],
    [
      "letters with hooks and tails",
      ["admin", "aɗmin", "ᶏdmin", "adɱin", "admiɳ", "ɑᶑᶆᶖꞑ", "ADⱮIN", "adm⍳n", "🅰dmin", "adminʼ"],
    ],
    ["two letters that read as one", ["admin", "adrnin", "aclmin", "acImin", "ACLRNIN", "аԁгпin"]],
    ["two of a kind that read as one", ["Wolf", "VVolf", "vνolf"]],
    ["two letters written as one", ["Caesar Oetzi", "Cæsar Œꜩi"]],
    ["insular letters, and the rotunda", ["dfgrst", "ꝺꝼᵹꞃꞅꞇ", "ꝹꝻᵹꝛꞄꞆ"]],
    ["the long s, as an s", ["Administrator", "Adminiſtrator", "Аdminiſtrator", "Adminiẛtrator"]],
    ["the long s, as an f", ["Platform", "Platſorm", "Plаtẜorm", "Platẝorm", "Platʃorm"]],
    ["the long s, as both", ["Self", "ſelſ", "ʃelſ", "Ѕelf"]],
    ["Greek and Cyrillic letters with a tick", ["A Platinum", "Λ Ҏlatinuм", "Λ Ҏlatꙇпum"]],
    ["the lunate sigma, as a c", ["Alice", "Aliϲe", "ALIϹE", "Αliϲe"]],
    ["round letters and nought", [..."oO0оОοΟσøᴏ"]],
  ])("have one look: %s", (_, names) => {
    for (const name of names)
      expect([name, looksAlike(name, names[0] ?? "")]).toEqual([name, true]);
  });

  test("differ in their look where people see a difference", () => {
    const names = [
      "Administrator",
      "Administration",
      "Администратор",
      "Διαχειριστής",
      "Adman",
      "Adnin",
      "Adrin",
      "Jeff",
      "Jess",
      "Acmin",
      "Almin",
      "Volf",
      "Wolf",
      "1",
    ];
    for (const [index, name] of names.entries()) {
      const taken = names.filter((other, at) => at !== index && looksAlike(name, other));
      expect([name, taken]).toEqual([name, []]);
    }
  });
});
