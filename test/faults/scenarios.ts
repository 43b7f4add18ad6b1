/** The scenarios of each test file of the fault suite: each of them leaves a line in the joint table. */
export const scenarios = {
  'app-killed': ['app server killed'],
  clock: ['clock an hour forth', 'clock an hour back'],
  'database-killed': ['MariaDB killed'],
  'daylight-saving': [
    'DST in spring, over the change',
    'DST in spring, after it',
    'DST in autumn, over the change',
    'DST in autumn, after it',
  ],
  'disk-full': ['disk full'],
  network: ['relay network cut', 'relay network half-open', 'page network cut', 'page network half-open'],
  rollback: ['rollbacks'],
  'stream-killed': ['streaming server killed'],
} as const;

export type Scenario = (typeof scenarios)[keyof typeof scenarios][number];

/** Which scenarios these test files have. */
export function scenariosOf(files: readonly string[]): Scenario[] {
  const ran = (name: string) => files.some((file) => file.endsWith(`test/faults/${name}.test.ts`));
  return Object.entries(scenarios).flatMap(([name, of]) => (ran(name) ? [...of] : []));
}
