import { ActionlogError } from 'express-actionlog';
import { type Running, start } from './app.ts';
import { ConfigError, readConfig } from './config.ts';
import { samplePassword, sampleUsers } from './seed.ts';
import { tenants } from './tenants.ts';

/** What went wrong in words that help: our own errors name the remedy, all others keep their stack. */
function explain(error: unknown): string {
  if (error instanceof ConfigError) return `The environment is not right:\n${error.message}`;
  if (error instanceof ActionlogError) return `${error.message} (${error.code})`;
  if ((error as NodeJS.ErrnoException | null)?.code === 'EADDRINUSE') {
    return `${(error as Error).message}\nAnother program has this port: PORT=3001 npm start`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function welcome({ url }: Running, production: boolean, testPage: boolean): string {
  const logins = sampleUsers.map(({ gsid, login }) => `  ${login.padEnd(15)} ${tenants.get(String(gsid)) ?? ''}`);
  return [
    `The sample app runs at ${url}`,
    ...(production ? [] : ['', `Logins, all with the password "${samplePassword}":`, ...logins]),
    ...(testPage ? ['', `The test page for admins is at ${url}/streamtest`] : []),
    '',
    'Sign in from two browsers to see each other’s changes. Ctrl+C stops it.',
  ].join('\n');
}

try {
  const config = readConfig(process.env);
  const running = await start(config);
  console.log(welcome(running, config.production, config.testPage));
  const stop = (signal: NodeJS.Signals) => {
    console.log(`${signal}: stopping`);
    // A second signal ends the process at once: the listeners are gone by then.
    process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
    running.stop().catch((error: unknown) => {
      console.error(explain(error));
      process.exitCode = 1;
    });
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
