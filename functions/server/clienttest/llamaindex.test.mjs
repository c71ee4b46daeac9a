// LlamaIndex, in front of every upstream.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { OpenAI, OpenAIAgent } from '@llamaindex/openai';
import { tool } from 'llamaindex';
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
const messages = [{ role: 'user', content: 'Hi' }];

for (const family of ['openai', 'anthropic', 'google', 'bedrock']) {
  describe(`LlamaIndex, ${family} upstream`, () => {
    const llm = (scenario) => new OpenAI({
      model: all[family].model(scenario), apiKey: 'unused', baseURL: `${sluice.url}/v1`, maxRetries: 0, maxTokens: 100, supportToolCall: true,
      additionalSessionOptions: { defaultHeaders: headersOf(all[family], scenario) },
    });

    test('chat', async () => {
      const got = await llm('plain').chat({ messages });
      assert.equal(got.message.content, said.plain.text);
    });

    test('streamed chat', async () => {
      let text = '';
      for await (const chunk of await llm('plain').chat({ messages, stream: true })) text += chunk.delta;
      assert.equal(text, said.plain.text);
    });

    test('an agent with tools', async () => {
      const ran = [];
      const tools = said.tools.calls.map(({ name, input }) => tool({
        name, description: name,
        parameters: z.object(Object.fromEntries(Object.entries(input).map(([k, v]) => [k, typeof v === 'number' ? z.number() : z.string()]))),
        execute: (got) => { ran.push({ name, input: got }); return 'done'; },
      }));
      const got = await new OpenAIAgent({ llm: llm('agent'), tools }).chat({ message: 'Hi' });
      assert.equal(got.message.content, said.plain.text);
      assert.deepEqual(ran, said.tools.calls);
    });
  });
}
