/** The two customers of this sample. Rows, events and connections of the one never reach the other. */
export const tenants: ReadonlyMap<string, string> = new Map([
  ['1', 'Harbour Bikes'],
  ['2', 'Meadow Flowers'],
]);
