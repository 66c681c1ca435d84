import { expect, saveFile, test } from './lab';
import { code } from './models';
import { Notebook, notebookText } from './notebook';
import { tidy } from './tidy';

const DATA = `import pandas as pd

subjects = ["Blank pages again", "Charged twice", "How do I add a user?", "Love the dashboard"]
tickets = pd.DataFrame({"subject": subjects * 3_000})`;

const QUESTION = `%%rlm -c tickets -m openai/gpt-5 -s openai/gpt-5-mini
How many of these tickets are complaints, and which subjects do they have most often?`;

const PEEK = `I look at the data first.

${code('print(len(tickets), "tickets")\nprint(tickets.subject.value_counts())')}`;

const CLASSIFY = `A sub-model can judge each subject by itself. Equal ones are asked about **once**.

${code(`unique = tickets.subject.unique()
kinds = llm_query_batched([
    f"Is this the subject of a complaint, a question or praise? One word: {subject}"
    for subject in unique
])
tickets["kind"] = tickets.subject.map(dict(zip(unique, kinds)))`)}`;

// The notification is below the panel.
test.use({ viewport: { width: 1100, height: 840 } });

test('a block of code waits for approval', async ({
  freshLab,
  kernel,
  models
}) => {
  await saveFile(freshLab, 'tickets.ipynb', notebookText([DATA, QUESTION]));
  const book = await Notebook.reopen(freshLab, 'tickets.ipynb', kernel);
  await book.setUp();
  await tidy(freshLab);
  await models.script(PEEK, CLASSIFY);
  await book.start(0);
  const run = await book.start(1);
  await run.button('Approve').click();
  await expect(run.asked(2).locator('.cm-content')).toBeVisible();
  await run.panel.getByRole('button', { name: /^Step 1/ }).click();

  const notification = freshLab.getByText('A run waits for your approval');
  await expect(notification).toHaveCount(1);
  await freshLab.screenshot({
    path: 'docs/approval.png',
    animations: 'disabled'
  });
  await run.button('Stop').click();
  expect(await book.evaluate('_rlm.status')).toBe('stopped');
});
