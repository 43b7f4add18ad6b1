/*
 * One streaming server of several behind nginx, in a process of its own, as an operator would write it. The environment
 * says where Redis is, and on which port.
 */
import { redisEngine } from '../../lib/redis/index.ts';
import { createStreamServer, type StreamServerOptions } from '../../lib/server/index.ts';

interface NodeNeeds {
  redis: string;
  prefix: string;
  secret: string;
  port: number;
  options: StreamServerOptions;
}

const { redis, prefix, secret, port, options } = JSON.parse(process.env['NGINX_NODE'] ?? '{}') as NodeNeeds;
const server = createStreamServer({ secrets: [secret], engine: redisEngine({ redis, prefix }), ...options });
process.once('SIGTERM', async () => {
  await server.close();
  process.exit(0);
});
await server.listen({ port });
console.log(`node on http://127.0.0.1:${port}`);
