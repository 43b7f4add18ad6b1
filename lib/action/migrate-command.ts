/** The command that makes or upgrades a table, as an error names it for people to type. */
export function migrateCommand(table: string, tenantColumn: string, flags = ''): string {
  const named = table === 'actionlog' ? '' : ` --table ${table}`;
  const tenant = tenantColumn === 'gsid' ? '' : ` --tenant-column ${tenantColumn}`;
  return `npx express-actionlog migrate${flags}${named}${tenant} <address of the database>`;
}
