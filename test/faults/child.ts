/*
 * Loaded before each child process of the fault suite: its clock can be moved, by FAULT_CLOCK_MS at its start and by a
 * message later, and it ends with the process that started it.
 */
const realNow = Date.now;
let offsetMs = Number(process.env['FAULT_CLOCK_MS'] ?? 0);
Date.now = () => realNow() + offsetMs;

process.on('message', (message: { clockMs?: number }) => {
  if (message.clockMs === undefined) return;
  offsetMs = message.clockMs;
  process.send?.({ moved: true });
});
process.on('disconnect', () => process.exit(0));
