import { ActionlogNotice } from './notice.ts';
import type { RecordChange } from './watch-record.ts';

export { ActionlogNotice };

declare global {
  interface HTMLElementTagNameMap {
    'actionlog-notice': ActionlogNotice;
  }
  interface HTMLElementEventMap {
    'actionlog-change': CustomEvent<RecordChange | null>;
    'actionlog-reload': CustomEvent<RecordChange | null>;
    'actionlog-save': CustomEvent<RecordChange | null>;
  }
}

// Twice where a page has it both from a bundle and from a file: the first one stays.
if (typeof customElements !== 'undefined' && !customElements.get('actionlog-notice')) {
  customElements.define('actionlog-notice', ActionlogNotice);
}
