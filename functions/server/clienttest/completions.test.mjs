// The official openai client, with the older Completions, against families
// whose providers have only conversations.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { said } from './answers.mjs';
import { families, headersOf, startSluice, startUpstream } from './harness.mjs';

let upstream, sluice, all;

before(async () => {
  upstream = await startUpstream();
  sluice = await startSluice();
  all = families(upstream.url);
});
after(() => { sluice?.close(); upstream?.close(); });

const client = (family) => new OpenAI({
  baseURL: `${sluice.url}/v1`, apiKey: 'unused', maxRetries: 0, defaultHeaders: headersOf(family, 'plain'),
});

const ask = (family, more = {}) => ({ model: family.model('plain'), max_tokens: 100, prompt: 'Hi', ...more });

for (const name of ['anthropic', 'google', 'bedrock']) {
  describe(`completions client, ${name} upstream`, () => {
    test('whole', async () => {
      const got = await client(all[name]).completions.create(ask(all[name]));
      assert.equal(got.object, 'text_completion');
      assert.equal(got.choices[0].text, said.plain.text);
      assert.equal(got.choices[0].finish_reason, 'stop');
      assert.equal(got.usage.total_tokens, said.plain.input + said.plain.output);
    });

    test('streamed', async () => {
      const stream = await client(all[name]).completions.create(ask(all[name], { stream: true, stream_options: { include_usage: true } }));
      let text = '', finish, usage;
      for await (const chunk of stream) {
        text += chunk.choices[0]?.text ?? '';
        finish = chunk.choices[0]?.finish_reason ?? finish;
        usage = chunk.usage ?? usage;
      }
      assert.equal(text, said.plain.text);
      assert.equal(finish, 'stop');
      assert.equal(usage.completion_tokens, said.plain.output);
    });

    test('several prompts', async () => {
      await assert.rejects(client(all[name]).completions.create(ask(all[name], { prompt: ['a', 'b'] })),
        (e) => e instanceof OpenAI.BadRequestError && /^400 prompt: /.test(e.message));
    });
  });
}
