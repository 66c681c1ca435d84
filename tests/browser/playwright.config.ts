import { defineConfig } from '@playwright/test';

const python = process.env['PYTHON'] ?? '.venv/bin/python';

export default defineConfig({
  outputDir: '../../build/browser-tests',
  forbidOnly: true,
  workers: 1,
  // A loaded machine may be late once; what passes the second time is reported as flaky.
  retries: 1,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      // The system's Chromium: `npx playwright install` would download another.
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--no-first-run',
        '--disable-gpu',
        '--disable-quic',
        '--disable-sync',
        '--disable-background-networking',
        '--disable-component-update'
      ]
    }
  },
  webServer: {
    command: `${python} tests/browser/serve.py`,
    cwd: '../..',
    // The addresses go to the tests through the environment, under the groups' names.
    wait: {
      stdout:
        /JupyterLab is ready at (?<rlm_lab_url>\S+), the models at (?<rlm_models_url>\S+)/
    },
    gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 }
  }
});
