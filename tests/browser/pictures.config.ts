import { defineConfig } from '@playwright/test';

import tests from './playwright.config';

/** Makes the pictures of the README (`make pictures`); they are no tests. */
export default defineConfig({
  ...tests,
  testMatch: '*.picture.ts',
  timeout: 180_000,
  use: {
    ...tests.use,
    viewport: { width: 1100, height: 800 },
    deviceScaleFactor: 1.25,
    actionTimeout: 15_000
  },
  webServer: [
    tests.webServer ?? [],
    {
      // Plays recorded traces, without a kernel.
      command: 'npm run --silent panel',
      cwd: '../..',
      url: 'http://127.0.0.1:8765/play/'
    }
  ].flat()
});
