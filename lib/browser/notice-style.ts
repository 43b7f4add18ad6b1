/** What `<actionlog-notice>` looks like; each part can be styled from outside by `::part()`. */
export const noticeCss = `
:host { display: block; color-scheme: inherit; }
:host(:not([changed])) { display: none; }
:host([hidden]) { display: none; }
[part="notice"] {
  display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center;
  padding: .75rem 1rem; border: 1px solid; border-inline-start-width: .3rem; border-radius: .375rem;
  color: light-dark(#5c3b00, #ffe1a8); background: light-dark(#fff6e0, #33270e); border-color: light-dark(#b27700, #d69a2a);
  font: inherit; overflow-wrap: anywhere;
}
[part="text"] { flex: 1 1 14rem; margin: 0; }
[part="buttons"] { display: flex; flex-wrap: wrap; gap: .5rem; }
button {
  font: inherit; padding: .375rem .75rem; min-height: 2.25rem; border-radius: .25rem; cursor: pointer;
  color: inherit; background: light-dark(#fff, #4a3a18); border: 1px solid light-dark(#8a5c00, #d69a2a);
}
button:focus-visible { outline: 3px solid light-dark(#1a56c4, #8ab4ff); outline-offset: 2px; }
button[hidden] { display: none; }
`;
