const pieces = [
  ...[
    'lamp',
    'Lamps',
    'LAMPSHADE',
    'the',
    'thesis',
    'of',
    'a',
    'www',
    "O'Brien",
    "d'or",
    'order_id',
    'A-007',
    '9.50',
    '12',
  ],
  ...[
    'ann@example.com',
    'Café',
    'ÉTÉ',
    'Ελλάς',
    'лампа',
    '価格',
    'naïve',
    'e\u0301te',
    'straße',
    'İstanbul',
    'x'.repeat(12),
  ],
  ...[
    '\\',
    '"',
    '\n',
    '\t',
    '\\n',
    '/',
    '%',
    '_',
    '*',
    '?',
    '[',
    '+',
    '-',
    '(',
    '~',
    '!',
    '<b>',
    '&quot;',
    '😀',
    '\u2014',
  ],
];

/** Texts and words that are made by chance, and the same each time. */
export class AnyText {
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  below(most: number): number {
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((this.#seed / 2_147_483_648) * most);
  }

  piece(): string {
    return pieces[this.below(pieces.length)] ?? '';
  }

  text(): string {
    return Array.from({ length: 1 + this.below(5) }, () => this.piece() + (this.below(3) > 0 ? ' ' : '')).join('');
  }

  word(): string {
    return [...this.piece()].slice(0, 1 + this.below(8)).join('');
  }
}
