// The import directions of the house: session → action → stream → server, and browser → stream/protocol alone. The types of
// the application's records are shared by all.
const shared = '^lib/(clock|errors|options|records|under-way)\\.ts$';
const only = (name, from, ...allowed) => ({
  name,
  severity: 'error',
  comment: `${from} may import: itself, ${allowed.join(', ')}, clock.ts, errors.ts, options.ts, records.ts, under-way.ts`,
  from: { path: `^lib/${from}/` },
  to: { path: '^lib/', pathNot: [shared, `^lib/${from}/`, ...allowed.map((folder) => `^lib/${folder}/`)] },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    only('session-is-leftmost', 'session'),
    only('action-imports-session', 'action', 'session'),
    only('stream-imports-action', 'stream', 'session', 'action'),
    only('server-imports-stream', 'server', 'session', 'action', 'stream'),
    only('viewer-imports-stream', 'viewer', 'session', 'action', 'stream'),
    {
      name: 'browser-imports-protocol-alone',
      severity: 'error',
      from: { path: '^lib/browser/', pathNot: '^lib/browser/react\\.ts$' },
      to: { pathNot: ['^lib/browser/', '^lib/stream/protocol\\.ts$', '^lib/records\\.ts$'] },
    },
    {
      name: 'hooks-import-the-client-and-react',
      severity: 'error',
      from: { path: '^lib/browser/react\\.ts$' },
      to: { pathNot: ['^lib/browser/', 'node_modules/(@types/)?react/', '^lib/records\\.ts$'] },
    },
    {
      name: 'the-client-carries-no-element-and-no-framework',
      severity: 'error',
      from: { path: '^lib/browser/', pathNot: '^lib/browser/(element|notice|react|viewer)\\.ts$' },
      to: { path: '^lib/browser/(element|notice|notice-style|react|viewer|viewer-entries)\\.ts$' },
    },
    {
      name: 'records-are-types-alone',
      severity: 'error',
      from: {},
      to: { path: '^lib/records\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'records-import-nothing',
      severity: 'error',
      from: { path: '^lib/records\\.ts$' },
      to: {},
    },
    {
      name: 'protocol-imports-nothing',
      severity: 'error',
      from: { path: '^lib/stream/protocol\\.ts$' },
      to: {},
    },
    {
      name: 'front-door-has-no-server',
      severity: 'error',
      comment: 'an application server that only relays must not load the streaming server',
      from: { path: '^lib/[^/]+\\.ts$' },
      to: { path: '^lib/(server|browser|cli|redis|testing)/' },
    },
    {
      name: 'nobody-imports-the-command-line',
      severity: 'error',
      from: { pathNot: '^lib/cli/' },
      to: { path: '^lib/cli/' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default'], exportsFields: ['exports'] },
  },
};
