/**
 * The id of a new row, as the drivers give it: number, bigint or text, negative where a driver takes the unsigned number
 * for a signed one. Undefined where there is none.
 */
export function insertedId(result: unknown): string | undefined {
  const id: unknown =
    typeof result === 'object' && result !== null && 'insertId' in result ? result.insertId : undefined;
  if (typeof id !== 'bigint' && !(typeof id === 'number' && Number.isSafeInteger(id)) && typeof id !== 'string')
    return undefined;
  const text = String(id);
  if (!/^-?[1-9]\d{0,19}$/.test(text)) return undefined;
  return BigInt.asUintN(64, BigInt(text)).toString();
}
