// Installs what the tests need beside npm's packages: MariaDB, Redis, Chromium, nginx, openssl and curl. On Debian and its
// kin by apt-get, as root or by sudo; elsewhere it says what to install. Programs that are here already, or addresses in
// the environment (TEST_MYSQL_URL, TEST_REDIS_URL, CHROMIUM_PATH), are left alone. No system service is started: the tests
// run private ones.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const needs = [
  {
    program: 'mariadbd',
    debian: 'mariadb-server',
    service: 'mariadb',
    given: 'TEST_MYSQL_URL',
    what: 'MariaDB 10.6 or later',
  },
  {
    program: 'redis-server',
    debian: 'redis-server',
    service: 'redis-server',
    given: 'TEST_REDIS_URL',
    what: 'Redis 7 or later',
  },
  { program: 'chromium', debian: 'chromium', given: 'CHROMIUM_PATH', what: 'Chromium' },
  { program: 'nginx', debian: 'nginx', service: 'nginx', what: 'nginx 1.22 or later' },
  { program: 'openssl', debian: 'openssl', what: 'openssl' },
  { program: 'curl', debian: 'curl', what: 'curl' },
];
const folders = [
  '/usr/sbin',
  '/usr/bin',
  '/usr/local/sbin',
  '/usr/local/bin',
  ...(process.env.PATH ?? '').split(delimiter),
];
const has = (program) => folders.some((folder) => existsSync(join(folder, program)));

const missing = needs.filter(({ program, given }) => !(given && process.env[given]) && !has(program));
if (missing.length === 0) {
  console.log('setup: MariaDB, Redis, Chromium, nginx, openssl and curl are here');
  process.exit(0);
}

const byHand = () => {
  console.error('setup: please install:');
  for (const { what, program, given } of missing)
    console.error(`  ${what} (the program ${program})${given ? `, or set ${given}` : ''}`);
  process.exit(1);
};
if (!has('apt-get')) byHand();
const root = process.getuid?.() === 0;
if (!root && !has('sudo')) byHand();

const run = (...command) => {
  const [program, ...args] = root ? command : ['sudo', ...command];
  console.log(`setup: ${[program, ...args].join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  return status === 0;
};
const packages = missing.map(({ debian }) => debian);
// Debian starts a service with its package, on its usual port, unless this file says that it may not.
const policy = '/usr/sbin/policy-rc.d';
const hadPolicy = existsSync(policy);
const mayNot = () =>
  hadPolicy || run('sh', '-c', `printf '#!/bin/sh\\nexit 101\\n' > ${policy} && chmod 755 ${policy}`);
const isInstalled =
  run('apt-get', 'update', '-q') &&
  mayNot() &&
  run('apt-get', 'install', '-y', '-q', '--no-install-recommends', ...packages);
if (!hadPolicy) run('rm', '-f', policy);
const services = missing.flatMap(({ service }) => service ?? []);
// Nor with the next start of the machine.
if (isInstalled && services.length > 0 && has('systemctl')) run('systemctl', 'disable', ...services);
if (!isInstalled) byHand();
