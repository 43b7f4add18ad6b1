/**
 * The database's address from an argument or the environment. A password on the command line is refused.
 *
 * @throws TypeError where there is none, or where the argument carries a password
 */
export function databaseFrom(given: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const address = given ?? env['ACTIONLOG_DATABASE'];
  if (!address) {
    throw new TypeError('which database? Name it (mysql://user@host/name), or set ACTIONLOG_DATABASE');
  }
  if (!URL.canParse(address) || address.startsWith('sqlite:')) return address;
  const url = new URL(address);
  if (given !== undefined && url.password !== '') {
    throw new TypeError(
      'a password on the command line or in a config file can be read by others: put it into ACTIONLOG_DATABASE_PASSWORD, or the whole address into ACTIONLOG_DATABASE',
    );
  }
  const password = env['ACTIONLOG_DATABASE_PASSWORD'];
  if (password !== undefined && url.password === '') url.password = encodeURIComponent(password);
  return url.href;
}
