/* A streaming server of the built package, in a process of its own. */
import { createStreamServer, type StreamServer, type StreamServerOptions } from 'express-actionlog/server';
import { serve } from '../support/serve.ts';
import { cpuMs, usageOf } from './usage.ts';

let server: StreamServer | undefined;

export const api = serve({
  /** Starts the server on a free port, and resolves with its address: `http://127.0.0.1:<port>`. */
  async start(options: StreamServerOptions): Promise<string> {
    server = createStreamServer(options);
    const { port } = await server.listen();
    return `http://127.0.0.1:${port}`;
  },
  connections: () => server?.connections ?? 0,
  memory: () => process.memoryUsage(),
  usage: usageOf,
  cpuMs,
  async close() {
    await server?.close({ timeoutMs: 500 });
  },
});
