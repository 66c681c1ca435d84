import { expect, it } from 'vitest';

import { removeStalePanels } from '../../src/live/stalePanels';
import { asPanel, FakeCell, fakePanel, viewOf } from '../fakes';

const TEXT = { 'text/plain': 'The run is shown in a panel.' };
const shown = (id: string) => ({
  data: { ...viewOf(id).data, ...TEXT },
  metadata: {}
});
const left = { output_type: 'display_data', data: TEXT, metadata: {} };

/** A notebook with one cell, and a kernel with these comms, or none. */
function notebook(cell: FakeCell, comms: readonly string[] | null) {
  const kernel = comms && {
    requestCommInfo: () =>
      Promise.resolve({
        content: {
          status: 'ok',
          comms: Object.fromEntries(comms.map(id => [id, {}]))
        }
      })
  };
  const sessionContext = { session: { kernel } };
  return asPanel(Object.assign(fakePanel([cell]), { sessionContext }));
}

it('leaves the text of a panel that its kernel knows nothing of', async () => {
  const other = { data: viewOf('gone').data, metadata: {} };
  const cell = new FakeCell('a', [shown('here'), shown('gone'), other]);

  await removeStalePanels(notebook(cell, ['here']));

  expect(cell.list).toEqual([shown('here'), left, other]);
});

it('leaves the text of a panel where there is no kernel', async () => {
  const cell = new FakeCell('a', [shown('gone')]);

  await removeStalePanels(notebook(cell, null));

  expect(cell.list).toEqual([left]);
});
