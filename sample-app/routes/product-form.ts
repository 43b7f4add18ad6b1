import { z } from 'zod';
import type { Product, ProductValues } from '../repositories/products.ts';
import { format } from '../web/format.ts';

/** What a browser may send; anything that is no text counts as empty. */
const text = (most: number) =>
  z
    .string()
    .catch('')
    .pipe(z.string().trim().max(most, `At most ${most} characters.`));

const form = z.object({
  name: text(100).pipe(z.string().min(1, 'A product needs a name.')),
  price: text(12)
    .pipe(z.string().regex(/^\d{1,7}([.,]\d{1,2})?$/, 'A price such as 12.50.'))
    .transform((price) => Math.round(Number(price.replace(',', '.')) * 100)),
  stock: text(9)
    .pipe(z.string().regex(/^\d{1,7}$/, 'A whole number of pieces.'))
    .transform(Number),
  // Browsers send line ends as CRLF: the same text would count as changed.
  notes: z
    .string()
    .catch('')
    .transform((notes) => notes.replaceAll('\r\n', '\n'))
    .pipe(z.string().max(2000, 'At most 2000 characters.')),
});

type FormField = keyof z.input<typeof form>;

/** The form as texts: what the user typed, or the product as it is. */
export type ProductForm = Record<FormField, string>;

export type ParsedForm =
  | { values: ProductValues; typed: ProductForm }
  | { errors: Partial<Record<FormField, string>>; typed: ProductForm };

export function parseForm(body: unknown): ParsedForm {
  const given = (body ?? {}) as Record<string, unknown>;
  const asText = (name: FormField) => (typeof given[name] === 'string' ? given[name] : '');
  const typed = { name: asText('name'), price: asText('price'), stock: asText('stock'), notes: asText('notes') };
  const result = form.safeParse(typed);
  if (result.success) return { values: result.data, typed };
  const errors: Partial<Record<FormField, string>> = {};
  for (const issue of result.error.issues) errors[issue.path[0] as FormField] ??= issue.message;
  return { errors, typed };
}

export function formOf(product: ProductValues): ProductForm {
  const { name, price, stock, notes } = product;
  return { name, price: format.price(price), stock: String(stock), notes };
}

/** The version that the form was filled from; 0 where a browser sent nonsense, which is always in conflict. */
export function versionOf(body: unknown): number {
  const version = (body as Record<string, unknown> | undefined)?.['version'];
  return typeof version === 'string' && /^\d{1,9}$/.test(version) ? Number(version) : 0;
}

/** What changed, as `field: "old -> new"`; empty where nothing did. */
export function changesOf(before: Product, after: ProductValues): Record<string, string> {
  const old = formOf(before);
  const now = formOf(after);
  const fields = Object.keys(old) as FormField[];
  return Object.fromEntries(
    fields.filter((field) => old[field] !== now[field]).map((field) => [field, `${old[field]} -> ${now[field]}`]),
  );
}
