/**
 * Shows a recorded run without a kernel. Parameters of the page: `trace` (a name in tests/traces),
 * `speed`, `until` (the last event), `theme` (light, dark), `width` (pixels), `live` (1: controls).
 */
import '../style/panel.css';
import './page.css';
import './themes.css';

import { mountPanel } from '../src/panel/index';
import { readEvent } from '../src/panel/saved';
import { play } from './player';

const given = new URLSearchParams(location.search);
const main = document.querySelector('main') ?? document.body;
const trace = given.get('trace') ?? 'batch';
const live = given.get('live') === '1';

document.documentElement.dataset.theme = given.get('theme') ?? 'light';
main.style.maxWidth = `${given.get('width') ?? '1000'}px`;

const response = await fetch(
  `../tests/traces/${encodeURIComponent(trace)}.rlm.jsonl`
);
const events = (await response.text())
  .split('\n')
  .map(readEvent)
  .filter(event => event !== null);
const source = play(events, {
  speed: Number(given.get('speed') ?? 0),
  until: Number(given.get('until') ?? Infinity),
  live
});
mountPanel(main, source);
