/** Ends a command with exit code 1 that has said itself what is wrong. */
export class CommandFailed extends Error {}
