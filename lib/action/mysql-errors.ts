/** Errors by which the server says that the table is not what it was when its columns were read. */
const tableChanged = new Set(['ER_NO_SUCH_TABLE', 'ER_BAD_FIELD_ERROR', 'ER_NO_DEFAULT_FOR_FIELD', 'ER_DATA_TOO_LONG']);
for (const code of ['ER_TRUNCATED_WRONG_VALUE_FOR_FIELD', 'ER_WARN_DATA_OUT_OF_RANGE', 'WARN_DATA_TRUNCATED']) {
  tableChanged.add(code);
}

/**
 * Refusals that are nobody's row's: an end of patience, a kill, a shutdown, a commit or a disk that failed. Some leave
 * it open what stands; none would be over for a single row.
 */
const notTheRows = new Set([
  ...[1021, 1030, 1053, 1114, 1180, 1205, 1290, 1317, 1792, 1836, 1927, 1969, 3024, 3100, 3101],
  ...[1044, 1142, 1143, 1146, 1054, 1064, 1040, 1203, 1226],
]);

/** The driver's code of an error, such as `ER_LOCK_DEADLOCK`. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code);
}

export function saysTableChanged(error: unknown): boolean {
  return tableChanged.has(codeOf(error));
}

/** Whether the server refused the statement for one of its rows, so that for certain nothing of it stands. */
export function refusesRows(error: unknown): boolean {
  const { errno, sqlState, fatal } = (error ?? {}) as { errno?: unknown; sqlState?: unknown; fatal?: unknown };
  if (typeof errno !== 'number' || typeof sqlState !== 'string' || fatal === true) return false;
  return !sqlState.startsWith('08') && !notTheRows.has(errno);
}

/** Whether the server takes no writes, as one that was the primary before a failover. */
export function saysReadOnly(error: unknown): boolean {
  return [1290, 1792, 1836].includes(Number((error as { errno?: unknown } | null)?.errno));
}

/** Whether the failure came before there was a connection: then nothing was written for certain. */
export function neverConnected(error: unknown): boolean {
  const { syscall } = (error ?? {}) as { syscall?: unknown };
  return (
    syscall === 'connect' ||
    syscall === 'getaddrinfo' ||
    /^ER_(ACCESS_DENIED|DBACCESS_DENIED|BAD_DB)/.test(codeOf(error))
  );
}
