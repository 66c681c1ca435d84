import { defineConfig } from '@playwright/test';

import tests from './playwright.config';

/** What `benchmarks.panel` runs; it tests nothing. */
export default defineConfig({
  ...tests,
  testMatch: '*.bench.ts',
  timeout: 600_000,
  reporter: 'line',
  // Pictures and traces would be taken at the cost of what is measured.
  use: { ...tests.use, screenshot: 'off', trace: 'off' }
});
