// The official Anthropic client, against all provider families.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
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
  name: c.name, input_schema: { type: 'object', properties: Object.fromEntries(Object.keys(c.input).map((k) => [k, {}])) },
}));

// The SDK wants a credential; Bedrock's are headers of their own.
const client = (family, scenario) => new Anthropic({
  baseURL: sluice.url, apiKey: 'unused', maxRetries: 0, defaultHeaders: headersOf(family, scenario),
});

const ask = (family, scenario, more = {}) => ({
  model: family.model(scenario), max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }], ...more,
});

function checkMessage(message, scenario) {
  const want = said[scenario];
  assert.equal(message.role, 'assistant');
  assert.deepEqual(message.content.filter((b) => b.type === 'text').map((b) => b.text).join(''), want.text);
  assert.deepEqual(message.content.filter((b) => b.type === 'tool_use').map(({ name, input }) => ({ name, input })), want.calls ?? []);
  assert.equal(message.stop_reason, want.finish === 'tool' ? 'tool_use' : 'end_turn');
  assert.equal(message.usage.input_tokens, want.input);
  assert.equal(message.usage.output_tokens, want.output);
}

for (const name of ['openai', 'azure', 'anthropic', 'google', 'bedrock']) {
  describe(`messages client, ${name} upstream`, () => {
    for (const scenario of ['plain', 'tools']) {
      const more = scenario === 'tools' ? { tools } : {};

      test(`${scenario}, whole`, async () => {
        checkMessage(await client(all[name], scenario).messages.create(ask(all[name], scenario, more)), scenario);
      });

      test(`${scenario}, streamed`, async () => {
        checkMessage(await client(all[name], scenario).messages.stream(ask(all[name], scenario, more)).finalMessage(), scenario);
      });
    }

    test('error classes', async () => {
      for (const [status, type] of [[400, Anthropic.BadRequestError], [401, Anthropic.AuthenticationError], [404, Anthropic.NotFoundError],
        [429, Anthropic.RateLimitError], [500, Anthropic.InternalServerError]]) {
        for (const stream of [false, true]) {
          const err = await client(all[name], status).messages.create(ask(all[name], String(status), { stream })).then(
            () => assert.fail(`${status} was answered`), (e) => e);
          assert.ok(err instanceof type, `${status}: ${err}`);
          assert.equal(err.error.type, 'error');
          assert.match(err.error.error.message, new RegExp(`scripted ${status}`));
        }
      }
    });

    test('abort reaches the upstream', async () => {
      const stream = client(all[name], 'slow').messages.stream(ask(all[name], 'slow'));
      let words = 0;
      stream.on('text', () => { if (++words === 3) stream.abort(); });
      await stream.done().catch((e) => assert.ok(e instanceof Anthropic.APIUserAbortError, String(e)));
      for (let i = 0; i < 100 && !upstream.last().closed; i++) await new Promise((r) => setTimeout(r, 20));
      assert.ok(upstream.last().closed, 'the upstream still sends');
    });
  });
}

test('a refusal of the gateway itself is an error that the SDK can read', async () => {
  const err = await new Anthropic({ baseURL: sluice.url, apiKey: 'k', maxRetries: 0, defaultHeaders: { 'x-portkey-provider': 'nobody' } })
    .messages.create({ model: 'm', max_tokens: 1, messages: [] }).catch((e) => e);
  assert.ok(err instanceof Anthropic.BadRequestError, String(err));
  assert.equal(err.error.error.type, 'invalid_request_error');
});

test('without a target an Anthropic key goes to Anthropic', async () => {
  const err = await new Anthropic({ baseURL: sluice.url, apiKey: 'sk-ant-x', maxRetries: 0, defaultHeaders: { 'x-portkey-custom-host': `${upstream.url}/v1` } })
    .messages.create(ask(all.anthropic, 'plain'));
  assert.equal(err.content[0].text, said.plain.text);
  assert.equal(upstream.last().headers['x-api-key'], 'sk-ant-x');
});
