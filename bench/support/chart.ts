import { type EChartsCoreOption, init } from 'echarts';

/** A chart: bars in groups, or lines. Its data stands in the results, so that it can be drawn again. */
export interface Chart {
  /** Of its file, without the ending. */
  name: string;
  title: string;
  unit: string;
  kind: 'bars' | 'lines';
  /** What stands below the axis: a label for each value. */
  x: (string | number)[];
  /** Logarithmic: for what grows by factors. Default: no. */
  log?: boolean;
  series: { name: string; values: number[] }[];
}

/** Colours that stand for those of the light and of the dark page; the style sheet below puts them in. */
const inks = {
  '#010101': { light: '#1f2328', dark: '#e6edf3' },
  '#020202': { light: '#d1d9e0', dark: '#3d444d' },
  '#fefefe': { light: '#ffffff', dark: '#0d1117' },
} as const;
const [ink = '', line = '', paper = ''] = Object.keys(inks);
const colours = ['#0969da', '#bf8700', '#1a7f37', '#cf222e', '#8250df', '#6e7781'];
const [width, height] = [720, 360];

/** Draws a chart as SVG: the same text for the same data, readable on a light page and on a dark one. */
export function drawChart(chart: Chart): string {
  const drawn = init(null, null, { renderer: 'svg', ssr: true, width, height });
  drawn.setOption(optionOf(chart));
  const svg = drawn.renderToSVGString();
  drawn.dispose();
  const title = `<title>${escaped(chart.title)}</title>`;
  // what is for a live page, and numbered by what was drawn before
  const plain = svg.replace(/ (class|ecmeta_\w+)="[^"]*"/g, '').replace(/<style\s*>[\s\S]*?<\/style>/g, '');
  const styled = plain.replace(/(<svg [^>]*>)/, `$1\n${title}\n<style>${styleSheet()}</style>`);
  return `${styled.replaceAll('><', '>\n<').trim()}\n`;
}

function styleSheet(): string {
  const rules = (shade: 'light' | 'dark') =>
    Object.entries(inks)
      .map(([name, { [shade]: colour }]) => `[fill="${name}"]{fill:${colour}}[stroke="${name}"]{stroke:${colour}}`)
      .join('');
  return `${rules('light')}@media (prefers-color-scheme:dark){${rules('dark')}}`;
}

function optionOf({ title, unit, kind, x, log = false, series }: Chart): EChartsCoreOption {
  const text = { color: ink, fontFamily: 'sans-serif' };
  const isBars = kind === 'bars';
  return {
    animation: false,
    backgroundColor: paper,
    color: colours,
    textStyle: text,
    title: { text: title, subtext: unit, left: 16, top: 10, textStyle: { ...text, fontSize: 15 }, subtextStyle: text },
    legend: { bottom: 8, icon: 'roundRect', itemWidth: 14, itemHeight: 10, textStyle: text },
    grid: { left: 16, right: 24, top: 76, bottom: 44, containLabel: true },
    xAxis: {
      ...{ type: 'category', data: x.map((label) => (typeof label === 'number' ? number(label) : label)) },
      ...{ axisLabel: text, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } },
    },
    yAxis: {
      ...(log ? { type: 'log' } : { type: 'value', min: 0 }),
      ...{ axisLabel: { ...text, formatter: number }, splitLine: { lineStyle: { color: line } } },
    },
    series: series.map(({ name, values }) => ({
      ...{ name, type: isBars ? 'bar' : 'line', data: values.map((value) => Number(value.toPrecision(4))) },
      ...{ silent: true, emphasis: { disabled: true }, barMaxWidth: 48, symbolSize: 7 },
      label: {
        show: isBars && series.length * x.length <= 18,
        position: 'top',
        ...text,
        fontSize: 10,
        formatter: label,
      },
    })),
  };
}

const number = (value: number) => value.toLocaleString('en', { maximumSignificantDigits: 4 });
const label = ({ value }: { value: number }) => number(value);

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
