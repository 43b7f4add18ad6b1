/** Whether the database says that there is no such table. */
export function saysMissingTable(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return code === 'ER_NO_SUCH_TABLE' || /no such table/.test(String(message));
}
