import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** How a test wants its browser. */
export interface ChromiumNeeds {
  /** Keeps pages in the back/forward cache, which playwright turns off. */
  backForwardCache?: boolean;
}

/** A real Chromium: `CHROMIUM_PATH`, or the system's. Throws where there is none: no test is skipped for want of it. */
export async function launchChromium(needs: ChromiumNeeds = {}): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(
      `Chromium is not at ${executablePath}: \`npm run setup\` installs it, or set CHROMIUM_PATH to where it is`,
    );
  }
  return chromium.launch({
    executablePath,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync'],
    ],
    ignoreDefaultArgs: needs.backForwardCache ? ['--disable-back-forward-cache'] : [],
  });
}
