import { looksSecret, plainName } from './secret-names.ts';

/** Names of columns and keys by what becomes of their values; `ChangesOptions` says how a name is read. */
export interface ChangeNames {
  mask: readonly string[];
  show: readonly string[];
  omit: readonly string[];
  hash: readonly string[];
}

/** Whether one of the names stands for the place, or for something that it lies in. */
export function isNamed(given: readonly string[], path: readonly string[]): boolean {
  if (given.length === 0) return false;
  const plain = path.map(plainName);
  return given.some((name) => {
    const parts = name.split('.').map(plainName);
    return parts.length === 1 ? plain.includes(parts[0] ?? '') : parts.every((part, index) => plain[index] === part);
  });
}

/** Whether the value at a place is not to be shown. */
export function isHidden(path: readonly string[], { mask, show }: ChangeNames): boolean {
  return isNamed(mask, path) || (path.some(looksSecret) && !isNamed(show, path));
}
