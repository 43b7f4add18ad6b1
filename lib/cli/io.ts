/** What the command line stands on: given by `bin.ts`, or by a test. */
export interface CliIo {
  env: Readonly<Record<string, string | undefined>>;
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
  /** Resolves when the process is asked to stop; `serve` then closes in order. */
  stopped: Promise<string>;
}
