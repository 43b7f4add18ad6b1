import type { CliIo } from './io.ts';

const secretVariables = ['STREAM_SECRET', 'WSS_INTERNAL_KEY', 'WSSECRET', 'ACTIONLOG_DATABASE_PASSWORD'];
const addressVariables = ['ACTIONLOG_DATABASE', 'REDIS_URL'];
/** What is shorter is found in any text by chance, and is no secret worth the name. */
const shortest = 6;

/**
 * A last guard before anything is printed: takes each secret of the environment out of a text, whatever way it came in, such
 * as by an error message of a driver.
 */
export function scrubber(env: CliIo['env']): (text: string) => string {
  const listed = secretVariables.flatMap((name) => [env[name] ?? '', ...(env[name] ?? '').split(/\s+/)]);
  const inAddresses = addressVariables.flatMap((name) => {
    const address = env[name] ?? '';
    const password = URL.canParse(address) ? new URL(address).password : '';
    return [password, decoded(password)];
  });
  const secrets = [...new Set([...listed, ...inAddresses])]
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    .filter((secret) => secret.length >= shortest)
    .sort((a, b) => b.length - a.length);
  return (text) => secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, '[secret]'), text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
