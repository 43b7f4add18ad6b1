/** What the command line stands on: given by `bin.ts`, or by a test. */
export interface CliIo {
  env: Readonly<Record<string, string | undefined>>;
  stdout: { write(text: string): unknown; readonly isTTY?: boolean | undefined };
  stderr: { write(text: string): unknown };
  /** Where the config file is looked for; default: the working directory. */
  cwd?: string | undefined;
  /** Resolves when the process is asked to stop; `serve` then closes in order, and `tail` ends. */
  stopped: Promise<string>;
}
