const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const dateTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** How pages show values; all of them take Unix time in milliseconds, and prices in cents. */
export const format = {
  price: (cents: number) => (cents / 100).toFixed(2),
  time: (ms: number) => time.format(ms),
  dateTime: (ms: number) => dateTime.format(ms),
  iso: (ms: number) => new Date(ms).toISOString(),
};
