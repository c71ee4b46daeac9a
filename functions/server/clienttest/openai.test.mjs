// The official openai client, against all provider families.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
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
  type: 'function',
  function: { name: c.name, parameters: { type: 'object', properties: Object.fromEntries(Object.keys(c.input).map((k) => [k, {}])) } },
}));

const client = (family, scenario) => new OpenAI({
  baseURL: `${sluice.url}/v1`, apiKey: 'unused', maxRetries: 0, defaultHeaders: headersOf(family, scenario),
});

const ask = (family, scenario, more = {}) => ({
  model: family.model(scenario), max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }], ...more,
});

function checkMessage(message, finish, scenario) {
  const want = said[scenario];
  assert.equal(message.content, want.text);
  assert.equal(finish, want.finish === 'tool' ? 'tool_calls' : 'stop');
  assert.deepEqual(
    (message.tool_calls ?? []).map((c) => ({ name: c.function.name, input: JSON.parse(c.function.arguments) })),
    want.calls ?? [],
  );
}

for (const name of ['openai', 'azure', 'anthropic', 'google', 'bedrock']) {
  describe(`chat client, ${name} upstream`, () => {
    for (const scenario of ['plain', 'tools']) {
      const more = scenario === 'tools' ? { tools } : {};

      test(`${scenario}, whole`, async () => {
        const got = await client(all[name], scenario).chat.completions.create(ask(all[name], scenario, more));
        checkMessage(got.choices[0].message, got.choices[0].finish_reason, scenario);
        assert.equal(got.usage.prompt_tokens, said[scenario].input);
        assert.equal(got.usage.completion_tokens, said[scenario].output);
      });

      test(`${scenario}, streamed`, async () => {
        const stream = client(all[name], scenario).chat.completions.stream(
          ask(all[name], scenario, { ...more, stream_options: { include_usage: true } }));
        const got = await stream.finalChatCompletion();
        checkMessage(got.choices[0].message, got.choices[0].finish_reason, scenario);
        assert.equal(got.usage.total_tokens, said[scenario].input + said[scenario].output);
      });
    }

    test('an answer by a schema is parsed', async () => {
      const got = await client(all[name], 'json').chat.completions.parse(
        ask(all[name], 'json', { response_format: zodResponseFormat(z.object({ city: z.string(), id: z.number() }), 'place') }));
      assert.deepEqual(got.choices[0].message.parsed, JSON.parse(said.json.text));
    });

    test('a plain loop over chunks never meets one without a choice', async () => {
      const stream = await client(all[name], 'plain').chat.completions.create(ask(all[name], 'plain', { stream: true }));
      let text = '';
      for await (const chunk of stream) text += chunk.choices[0].delta.content ?? '';
      assert.equal(text, said.plain.text);
    });

    test('error classes', async () => {
      for (const [status, type] of [[400, OpenAI.BadRequestError], [401, OpenAI.AuthenticationError], [404, OpenAI.NotFoundError],
        [429, OpenAI.RateLimitError], [500, OpenAI.InternalServerError]]) {
        for (const stream of [false, true]) {
          const err = await client(all[name], status).chat.completions.create(ask(all[name], String(status), { stream })).then(
            () => assert.fail(`${status} was answered`), (e) => e);
          assert.ok(err instanceof type, `${status}: ${err}`);
          assert.match(err.message, new RegExp(`scripted ${status}`));
        }
      }
    });

    test('abort reaches the upstream', async () => {
      const stream = await client(all[name], 'slow').chat.completions.create(ask(all[name], 'slow', { stream: true }));
      let chunks = 0;
      for await (const _ of stream) if (++chunks === 3) break;
      stream.controller.abort();
      for (let i = 0; i < 100 && !upstream.last().closed; i++) await new Promise((r) => setTimeout(r, 20));
      assert.ok(upstream.last().closed, 'the upstream still sends');
    });
  });
}

test('a refusal of the gateway itself is an error that the SDK can read', async () => {
  const nobody = new OpenAI({ baseURL: `${sluice.url}/v1`, apiKey: 'k', maxRetries: 0 });
  const err = await nobody.chat.completions.create({ model: 'm', messages: [] }).catch((e) => e);
  assert.ok(err instanceof OpenAI.BadRequestError);
  assert.match(err.message, /x-portkey-provider/);
});

test('the built-in provider needs no key', async () => {
  const echo = new OpenAI({ baseURL: `${sluice.url}/v1`, apiKey: 'k', defaultHeaders: { 'x-portkey-provider': 'echo' } });
  const stream = echo.chat.completions.stream({ model: 'echo', messages: [{ role: 'user', content: 'hi' }] });
  assert.ok((await stream.finalContent()).length > 0);
});
