import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe finds wrong on a page as it stands, open shadow roots included: one line for each rule, with the elements. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
