import type { Locator, Page } from 'playwright-core';

/** What a window shows, as a PNG. */
export async function pictureOf(page: Page): Promise<Buffer> {
  return await page.screenshot();
}

/** What a window shows, or a part of it, for the docs: sharper, and as small as WebP makes it. */
export async function sharpPictureOf(page: Page, part?: Locator): Promise<Buffer> {
  const size = page.viewportSize();
  const clip = (await part?.boundingBox()) ?? { x: 0, y: 0, width: size?.width ?? 0, height: size?.height ?? 0 };
  const devtools = await page.context().newCDPSession(page);
  const wanted = { format: 'webp', quality: 75, clip: { ...clip, scale: 1.5 } } as const;
  const { data } = await devtools.send('Page.captureScreenshot', wanted);
  await devtools.detach();
  return Buffer.from(data, 'base64');
}

/** How many colours a PNG has, as the browser of that page reads it. */
export async function coloursOf(page: Page, png: Buffer): Promise<number> {
  return await page.evaluate(`(async () => {
    const bytes = Uint8Array.from(atob('${png.toString('base64')}'), (char) => char.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    canvas.drawImage(bitmap, 0, 0);
    return new Set(new Uint32Array(canvas.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer)).size;
  })()`);
}
