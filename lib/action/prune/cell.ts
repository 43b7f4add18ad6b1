import type { CellValue } from './prune-source.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Hexadecimal digits as the text that they spell in UTF-8; as base64 where they spell none. */
export function textCell(hex: string, charset?: string): CellValue {
  const bytes = Buffer.from(hex, 'hex');
  try {
    return utf8.decode(bytes);
  } catch {
    return bytesCell(hex, charset);
  }
}

/** Hexadecimal digits as base64. */
export function bytesCell(hex: string, charset?: string): CellValue {
  const even = hex.length % 2 === 0 ? hex : `0${hex}`; // bits are given as a number
  const base64 = Buffer.from(even, 'hex').toString('base64');
  return charset === undefined ? { base64 } : { base64, charset };
}
