import { lettersOf } from "@tessera/contract";

/**
 * Letters of one look, each as the Latin letters that people read (a selection of Unicode Technical Standard 39): of
 * Cyrillic and Greek, small capitals, with a hook, a tail or a stroke through them, and two that are written as one.
 * What is one stroke itself is one letter, here `l`.
 */
const latinOfLook = new Map([
  // White letters on black squares, from U+1F170 on.
  ...[..."abcdefghijklmnopqrstuvwxyz"].map(
    (letter, index) => [String.fromCodePoint(0x1f170 + index), letter] as const,
  ),
  // Letters that are read as apostrophes and accents.
  ...[..."ʹʺʻʼʽʾʿˈˊˋˌꞌꞋ"].map((letter) => [letter, ""] as const),
  ...Object.entries({
    a: "аАαΑɑᴀⱥᶏᶐꬰʌ⍺ΛᴧɅꬱɐɒ",
    b: "вВΒьЬʙƀƃɓᵬᶀꞗβꞵƅҍѣᴃ",
    c: "сСϲϹᴄȼƈɕꞓꞔ𝼝ҫᲃͼʗ𝼏",
    d: "ԁԀᴅđðƌȡɖɗᵭᶁᶑꟈᴆ𝼥ꝺԃ",
    e: "еЕεΕᴇɇᶒⱸꬲꬳꬴɛᶓҽҿє",
    f: "ꜰƒᵮᶂꞙꝼꬵғϝᶋᶘ",
    g: "ɡɢǥɠʛᶃꞡꬶᵹꟑԌ",
    h: "һҺнНΗʜħɦⱨꞕђћԧԋңӈӊԣԩɧ",
    j: "јЈᴊɉȷɟʄʝϳ",
    k: "кКκΚᴋꝁƙᶄⱪꝃꝅꞣĸқҝҟҡӄԟ",
    l: "iIіІıιΙӏӀɪɨƗʟł1|¦∣ǀƚȴɫɬɭᴌᵻᶅᶖⱡꝇꝉꞎꬷꬸꬹ𝼄𝼑𝼓𝼚ɩᵼꟾ⍳ꙇᴉꞽ",
    m: "мМΜᴍɱᵯᶆꬺʍɯꟽӎꙧϻꟿ",
    n: "пηΝɴƞȵɲɳᵰᶇꞑꞥꬻŋꬼꜧᴎԥҧᴨ",
    o: "оОοΟσᴏø0ɵⱺꝋꝍꬽꬾ𝼛өѳθᲂꙩѻꟁᴑᴓʘ",
    p: "рРρΡᴘᵽƥᵱᶈꝑꝓꝕҏᴩƿþϸꝥꝧϼ",
    q: "ԛԚɋʠꝗꝙꞯϙ",
    r: "гʀɍɼɽɾᵲᵳᶉꞧꭆꭉꭋꭌ𝼖ꞃꝛꭅꭇꭈꭊᴦґӷҕɿᴙ",
    s: "ѕЅꜱȿʂᵴᶊꞩꟊ𝼞ꞅƽꟙꟗꙅƨ",
    t: "тТτΤᴛŧƫƭȶʈᵵⱦ𝼉ꞇҭꚋᲄԏ",
    u: "υᴜʉᵾᶙꞹꭎꭒμᵿʊꞿ",
    v: "ѵѴνᴠʋᶌⱱⱴꝟ",
    w: "ԝԜωᴡⱳѡꙍꞷꟃ",
    x: "хХχΧᶍꭖꭗꭘꭙҳӽӿꭓꭔꭕ",
    y: "уУүҮΥγʏɏƴỿꭚұɣ",
    z: "ζΖᴢƶȥɀʐʑᵶᶎⱬꝣʒ",
    aa: "ꜳ",
    ae: "æᴁӕꞛ",
    ao: "ꜵ",
    au: "ꜷ",
    av: "ꜹꜻ",
    ay: "ꜽ",
    dz: "ʣʥꭦ",
    hv: "ƕ",
    db: "ȸ",
    ll: "ǁ",
    ls: "ʪ",
    lz: "ʫ",
    oe: "œɶꞝ",
    oo: "ꝏ",
    qp: "ȹ",
    tc: "ʨ",
    th: "ᵺ",
    ts: "ʦꭧ",
    tz: "ꜩ",
    ue: "ᵫꞟ",
    ui: "ꭐ",
    uo: "ꭣ",
    vy: "ꝡ",
  }).flatMap(([latin, looks]) => [...looks].map((look) => [look, latin] as const)),
]);

/** Letters that two others side by side look like. Written as the two, because what is a pair may be doubtful: `vvv`. */
const pairOfLook: Readonly<Record<string, string>> = { d: "cl", m: "rn", w: "vv" };

/** The long s, and what looks like it, which some read as an s and others as an f. */
const longS = "ʃ";
const longSLooks = /[ſẛẜẝƪʅʆ𝼋]/gu;

/**
 * Whether people may take one name for the other: by their letters alone, with Cyrillic and Greek letters, the digits 0
 * and 1, and Latin letters of another form, as the plain letters that they are taken for, and `m` as `rn`, which it is
 * taken for. Only to compare a name with one that is protected: whole words of those scripts are in order.
 */
export function looksAlike(one: string, other: string): boolean {
  const [letters, others] = [[...looksOf(one)], [...looksOf(other)]];
  return (
    letters.length === others.length &&
    letters.every((letter, index) => isTakenFor(letter, others[index] ?? ""))
  );
}

function isTakenFor(letter: string, other: string): boolean {
  if (letter === other) return true;
  const [first = "", second = ""] = [letter, other].toSorted();
  return second === longS && (first === "f" || first === "s");
}

function looksOf(name: string): string {
  // Before letters are decomposed as well: the lunate sigma, seen as a c, would be another sigma.
  const prepared = inPlainLetters(name.replaceAll(longSLooks, longS));
  // Capitals may look like another letter than the small ones: both are looked at.
  const letters = inPlainLetters(lettersOf(inPlainLetters(prepared.normalize("NFKD"))));
  return letters.replaceAll(/[dmw]/g, (letter) => pairOfLook[letter] ?? letter);
}

function inPlainLetters(text: string): string {
  return [...text].map((letter) => latinOfLook.get(letter) ?? letter).join("");
}
