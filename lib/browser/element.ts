import { ActionlogNotice } from './notice.ts';

export { ActionlogNotice };

declare global {
  interface HTMLElementTagNameMap {
    'actionlog-notice': ActionlogNotice;
  }
}

// Twice where a page has it both from a bundle and from a file: the first one stays.
if (typeof customElements !== 'undefined' && !customElements.get('actionlog-notice')) {
  customElements.define('actionlog-notice', ActionlogNotice);
}
