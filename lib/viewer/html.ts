const replacements: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML whose values are escaped. Only `html` makes it, so that no text passes for it. */
export class Html {
  readonly #text: string;

  constructor(strings: TemplateStringsArray, values: readonly HtmlValue[]) {
    this.#text = strings.reduce((text, part, index) => `${text}${textOf(values[index - 1])}${part}`);
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template: nothing is shown for `undefined`, `null` and `false`. */
export type HtmlValue = Html | string | number | false | null | undefined | readonly HtmlValue[];

/** HTML from a template: each value is escaped, unless it is HTML itself. Attributes must have their quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings, values);
}

function textOf(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (Array.isArray(value)) return value.map(textOf).join('');
  return String(value).replace(/[&<>"']/g, (character) => replacements[character] ?? character);
}
