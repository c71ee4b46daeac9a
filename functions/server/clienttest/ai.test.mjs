// The AI SDK, with its provider for each dialect, in front of every upstream.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, stepCountIs, streamText, tool } from 'ai';
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

const settings = (family) => ({ baseURL: `${sluice.url}/v1`, apiKey: 'unused', headers: headersOf(all[family], 'plain') });

const dialects = {
  chat: (family) => (model) => createOpenAI(settings(family)).chat(model),
  compatible: (family) => (model) => createOpenAICompatible({ name: 'sluice', includeUsage: true, ...settings(family) })(model),
  responses: (family) => (model) => createOpenAI(settings(family)).responses(model),
  messages: (family) => (model) => createAnthropic(settings(family))(model),
};

// ran notes what the tools were asked.
function toolbox(ran) {
  const one = (name, inputSchema) => tool({
    description: name, inputSchema,
    execute: async (input) => { ran.push({ name, input }); return 'done'; },
  });
  return { get_weather: one('get_weather', z.object({ city: z.string(), id: z.number() })), get_time: one('get_time', z.object({ zone: z.string() })) };
}

for (const [dialect, provider] of Object.entries(dialects)) {
  for (const family of ['openai', 'anthropic', 'google', 'bedrock']) {
    if (dialect === 'responses' && family === 'openai') continue; // the scripted upstream speaks chat there
    describe(`AI SDK, ${dialect}, ${family} upstream`, () => {
      const model = (scenario) => provider(family)(all[family].model(scenario));
      const ask = (scenario) => ({ model: model(scenario), prompt: 'Hi', maxOutputTokens: 100, maxRetries: 0 });

      test('text', async () => {
        const got = await generateText(ask('plain'));
        assert.equal(got.text, said.plain.text);
        assert.equal(got.finishReason, 'stop');
        assert.equal(got.usage.inputTokens, said.plain.input);
        assert.equal(got.usage.outputTokens, said.plain.output);
      });

      test('streamed text', async () => {
        const got = streamText(ask('plain'));
        let text = '';
        for await (const piece of got.textStream) text += piece;
        assert.equal(text, said.plain.text);
        assert.equal((await got.usage).outputTokens, said.plain.output);
      });

      for (const streamed of [false, true]) {
        test(`tools to their end${streamed ? ', streamed' : ''}`, async () => {
          const ran = [];
          const options = { ...ask('agent'), tools: toolbox(ran), stopWhen: stepCountIs(3) };
          const got = streamed ? streamText(options) : await generateText(options);
          assert.equal(await got.text, said.plain.text);
          assert.deepEqual(ran, said.tools.calls);
        });
      }
    });
  }
}
