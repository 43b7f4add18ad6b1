/** Any characters at all, also none. */
export const anything: unique symbol = Symbol('anything');

type Part = string | number | typeof anything;

/** What a text may look like: texts as they are, any characters, or so many of them. */
export type TextPattern = readonly Part[];

/** A text with this one anywhere in it. */
export function around(text: string): TextPattern {
  return [anything, text, anything];
}

/**
 * How a text may stand in a JSON text. What JSON or Gyroscope's way of writing may have changed stands for any characters;
 * the second form, where there is one, has each character beyond ASCII as PHP writes it, `\uXXXX`.
 */
export function jsonPatterns(...parts: (string | typeof anything)[]): TextPattern[] {
  const form = (ascii: boolean): Part[] =>
    parts.flatMap((part): Part[] => (part === anything ? [anything] : runsOf(part, ascii)));
  const beyond = parts.some((part) => part !== anything && /[^\0-\u007f]/.test(part));
  return beyond ? [form(false), form(true)] : [form(false)];
}

/** Runs of what stands as it is, of what may be changed, and of what is beyond ASCII. */
function runsOf(text: string, ascii: boolean): Part[] {
  const runs = text.match(/[^\\"'/\p{Cc}\u0080-\u{10ffff}]+|[\\"'/\p{Cc}]+|[\u0080-\u{10ffff}]+/gu) ?? [];
  return runs.flatMap((run): Part[] => {
    if (/^[\\"'/\p{Cc}]/u.test(run)) return [anything];
    if (!ascii || /^[ -~]/.test(run)) return [run];
    return Array.from({ length: run.length }, (): Part[] => ['\\u', 4]).flat();
  });
}

/**
 * Letters of which MySQL's utf8mb4_general_ci does not know every case: all but those of its time, and of these what is
 * another one's case as well. Left out are `k` and Cyrillic letters, whose further forms hardly anybody writes.
 */
const unknownCases = /[åÅßΩωΘθΕεΐΰ]|(?![A-Za-zÀ-žΆ-ώЀ-џҐ-ҿḀ-ẕẠ-ỹՁ-Ֆա-ֆ])\p{Changes_When_Casemapped}/gu;

/** The pattern of MySQL's LIKE, with `!` as its escape sign. It finds any case of a letter, and other letters as well. */
export function likePattern(pattern: TextPattern): string {
  return pattern
    .map((part) => {
      if (part === anything) return '%';
      return typeof part === 'number' ? '_'.repeat(part) : part.replace(/[!%_]/g, '!$&').replace(unknownCases, '_');
    })
    .join('');
}

/** The pattern of SQLite's GLOB, whose LIKE knows the case of no letter beyond ASCII. */
export function globPattern(pattern: TextPattern): string {
  return pattern
    .map((part) => {
      if (part === anything) return '*';
      return typeof part === 'number' ? '?'.repeat(part) : Array.from(part, globChar).join('');
    })
    .join('');
}

/** Letters that are another one in a case of their own, which no change of case gives from there: `ß` and `ẞ`, `s` and `ſ`. */
const furtherCases = [
  ...'\u212aſ\u212bẞµ\u2126ςǅǈǋǲ\u0345ι\u1fbeϐϵϑϴϰμϖϱϕᲀᲁᲂᲃᲄᲅᲆᲇᲈẛṡꙋﬅﬆΐ\u1fd3ΰ\u1fe3',
  ...'ᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾳῃῳᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ',
];

/** A character in any case of it. */
function globChar(char: string): string {
  const cases = new Set([char, char.toLowerCase(), char.toUpperCase(), char.toUpperCase().toLowerCase()]);
  if (/\p{L}|\p{M}/u.test(char)) {
    const any = new RegExp(`^${char}$`, 'iu');
    for (const letter of furtherCases) if (any.test(letter)) cases.add(letter);
  }
  const letters = [...cases].filter((letter) => [...letter].length === 1);
  return letters.length > 1 || '*?['.includes(char) ? `[${letters.join('')}]` : char;
}
