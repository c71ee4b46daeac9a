// The official openai client's Responses API, against all four provider
// families: natively where the upstream speaks it, translated elsewhere.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { said } from './answers.mjs';
import { families, headersOf, startSluice, startUpstream } from './harness.mjs';

let upstream, sluice, all;

before(async () => {
  upstream = await startUpstream();
  sluice = await startSluice();
  all = families(upstream.url);
});
after(() => { sluice?.close(); upstream?.close(); });

const tools = said.tools.calls.map((c) => ({
  type: 'function', name: c.name, strict: false,
  parameters: { type: 'object', properties: Object.fromEntries(Object.keys(c.input).map((k) => [k, {}])) },
}));

const client = (family, scenario) => new OpenAI({
  baseURL: `${sluice.url}/v1`, apiKey: 'unused', maxRetries: 0, defaultHeaders: headersOf(family, scenario),
});

function check(response, scenario) {
  const want = said[scenario];
  assert.equal(response.status, 'completed');
  assert.equal(response.output_text, want.text);
  assert.deepEqual(
    response.output.filter((o) => o.type === 'function_call').map((o) => ({ name: o.name, input: JSON.parse(o.arguments) })), want.calls ?? []);
  assert.equal(response.usage.input_tokens, want.input);
  assert.equal(response.usage.output_tokens, want.output);
}

for (const name of ['anthropic', 'google', 'bedrock']) {
  describe(`responses client, ${name} upstream`, () => {
    for (const scenario of ['plain', 'tools']) {
      const ask = () => ({
        model: all[name].model(scenario), max_output_tokens: 100, instructions: 'Be brief.', input: 'Hi', ...(scenario === 'tools' ? { tools } : {}),
      });

      test(`${scenario}, whole`, async () => check(await client(all[name], scenario).responses.create(ask()), scenario));

      test(`${scenario}, streamed`, async () => {
        const stream = client(all[name], scenario).responses.stream(ask());
        check(await stream.finalResponse(), scenario);
      });
    }

    test('an answer by a schema is parsed', async () => {
      const got = await client(all[name], 'json').responses.parse({
        model: all[name].model('json'), input: 'Hi', text: { format: zodTextFormat(z.object({ city: z.string(), id: z.number() }), 'place') },
      });
      assert.deepEqual(got.output_parsed, JSON.parse(said.json.text));
    });

    test('what is kept elsewhere is refused, not ignored', async () => {
      const err = await client(all[name], 'plain').responses.create({ model: all[name].model('plain'), input: 'Hi', previous_response_id: 'resp_1' })
        .then(() => assert.fail('it was answered'), (e) => e);
      assert.ok(err instanceof OpenAI.BadRequestError, String(err));
      assert.match(err.message, /previous_response_id/);
    });
  });
}

test('an upstream that speaks the dialect is sent the body as it is', async () => {
  const err = await client(all.openai, 'plain').responses.create({ model: 'gpt-404', input: 'Hi', unheard_of: { kept: [1] } }).catch((e) => e);
  assert.ok(err instanceof OpenAI.NotFoundError, String(err));
  assert.equal(upstream.last().path, '/v1/responses');
  assert.deepEqual(upstream.last().body, { model: 'gpt-404', input: 'Hi', unheard_of: { kept: [1] } });
});
