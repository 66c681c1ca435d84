import { readFileSync } from 'node:fs';

import { compile } from 'json-schema-to-typescript';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';

const FOLDER = new URL('../../src/panel/', import.meta.url);

it('states the protocol in TypeScript as the schema does', async () => {
  const { pathname } = new URL('protocol.ts', FOLDER);
  const schema = readFileSync(new URL('protocol.schema.json', FOLDER), 'utf8');
  const made = await compile(
    JSON.parse(schema) as Parameters<typeof compile>[0],
    'protocol.schema',
    { bannerComment: '', unreachableDefinitions: false }
  );
  const options = { ...(await resolveConfig(pathname)), filepath: pathname };
  expect(readFileSync(pathname, 'utf8')).toBe(await format(made, options));
});
