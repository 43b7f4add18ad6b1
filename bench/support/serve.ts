/** What a parent sends to a child, and what the child answers. */
export type Call = { id: number; name: string; args: unknown[] } | { close: true };
export type Answer = { ready: true } | { id: number; result?: unknown; error?: string };

/** What a child does when it is asked to; arguments and results go through JSON. `close` is called before it ends. */
// biome-ignore lint/suspicious/noExplicitAny: each function has arguments of its own
export type Functions = Record<string, (...args: any[]) => unknown>;

/** Makes this process serve its parent's calls: to be called once, by a module that `context.child()` has started. */
export function serve<Api extends Functions>(api: Api): Api {
  const answer = (message: Answer) => process.send?.(message);
  process.on('disconnect', () => process.exit(1)); // the parent is gone
  process.on('message', async (call: Call) => {
    if ('close' in call) {
      await api['close']?.();
      process.exit(0);
    }
    try {
      answer({ id: call.id, result: await api[call.name]?.(...call.args) });
    } catch (error) {
      answer({ id: call.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  answer({ ready: true });
  return api;
}
